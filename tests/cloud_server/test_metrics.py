"""What a scrape of a real server shows: few series, good names, and each thing that happened counted once."""

from __future__ import annotations

import asyncio
import subprocess
import urllib.request
from pathlib import Path

import grpc

from benchmarks.scrape import scrape, total
from cloud_server.app import RunningServer
from cloud_server.metrics import Metrics
from protos import codec
from protos import messages as m
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc
from tests import fakes
from tests.cloud_server.test_service import converse
from tests.programs import program

MAX_SERIES = 2500
MAX_SERIES_OF_ONE = 150
"""A histogram of six stages has 102."""


async def until(server: RunningServer, name: str, value: float, **labels: str) -> None:
    """Each scrape is a round trip; pytest's own time limit ends a wait for what never comes."""
    while total(await asyncio.to_thread(scrape, server.metrics_address), name, **labels) < value:
        pass


def test_there_are_few_series_and_no_family_grows_with_use() -> None:
    families = list(Metrics().registry.collect())
    assert sum(len(family.samples) for family in families) <= MAX_SERIES
    assert max(len(family.samples) for family in families) <= MAX_SERIES_OF_ONE


async def test_use_adds_no_more_series_than_it_may(server: RunningServer, channel: grpc.aio.Channel) -> None:
    before = await asyncio.to_thread(scrape, server.metrics_address)
    bad = fakes.speech(4000, fakes.RAISE, segment_id=2)
    for tenant in range(3):
        await converse(channel, m.StreamingConfig(subject_id=f"person {tenant}"), *fakes.requests_of(fakes.speech(4000)), *fakes.requests_of(bad))
    added = {name for name, _ in (await asyncio.to_thread(scrape, server.metrics_address)).keys() - before.keys()}
    assert added == set()
    assert len(before) <= MAX_SERIES


async def test_names_are_what_prometheus_asks_for(server: RunningServer) -> None:
    with await asyncio.to_thread(urllib.request.urlopen, f"http://{server.metrics_address}/metrics") as response:
        text: bytes = response.read()
    checked = await asyncio.to_thread(
        subprocess.run, [program("promtool"), "check", "metrics"], input=text, capture_output=True, check=False
    )  # fmt: skip
    ours = [line for line in checked.stderr.decode().splitlines() if "asr_" in line]
    assert ours == []


async def test_the_probe_and_the_workers_show_without_any_traffic_and_are_nobodys_segments(server: RunningServer) -> None:
    await until(server, "asr_probe_success", 1)
    found = await asyncio.to_thread(scrape, server.metrics_address)
    assert total(found, "asr_probe_segments_total", outcome="answered") == 1
    assert total(found, "asr_worker_processes") == 1
    assert total(found, "asr_worker_resident_memory_bytes") > 1e6
    assert total(found, "asr_queue_wait_seconds_count") == 1
    assert total(found, "asr_server_segments_total") == 0
    assert total(found, "asr_quality_finals_total") == 0
    assert total(found, "asr_search_index_built_timestamp_seconds") > 1e9
    assert 0 < total(found, "asr_server_disk_free_ratio", folder="scratch") < 1


async def test_finals_the_sample_and_repeats_are_counted(server: RunningServer, channel: grpc.aio.Channel) -> None:
    spoken, silent = fakes.requests_of(fakes.speech(16_000)), fakes.requests_of(m.Segment(2, 0, bytes(16_000)))
    opening, *_ = await converse(channel, m.StreamingConfig(), *spoken, *silent)
    assert isinstance(opening, m.Session)
    await converse(channel, m.StreamingConfig(resume_token=opening.resume_token), *spoken)
    await until(server, "asr_quality_sampled_segments_total", 1)
    found = await asyncio.to_thread(scrape, server.metrics_address)
    assert total(found, "asr_quality_finals_total", kind="recognized") == 1
    assert total(found, "asr_quality_finals_total", kind="no_speech") == 1
    assert total(found, "asr_quality_audio_seconds_total") == 1.5
    assert total(found, "asr_quality_segment_seconds_count") == 1
    assert total(found, "asr_server_duplicates_total") == 1
    assert total(found, "asr_server_pending_results") == 0


async def test_words_that_people_type_are_held_against_what_can_be_heard(server: RunningServer, channel: grpc.aio.Channel) -> None:
    stub = pb_grpc.SpeechSearchStub(channel)
    await stub.Search(pb.SearchRequest(query="banana bread xqzzy"))
    await stub.SubmitFeedback(pb.SubmitFeedbackRequest(session_id="s", segment_id=1, corrected=pb.CorrectedText(transcript="apple xqzzy")))
    await stub.Search(pb.SearchRequest(alternatives=[codec.encode(m.Hypothesis("heard elsewhere", 0.5))]))
    await until(server, "asr_quality_typed_words_total", 5)
    found = await asyncio.to_thread(scrape, server.metrics_address)
    assert total(found, "asr_quality_typed_words_total", lexicon="in") == 3
    assert total(found, "asr_quality_typed_words_total", lexicon="out") == 2


def test_no_label_can_hold_what_somebody_said_or_who_they_are() -> None:
    labels = {label for family in Metrics().registry.collect() for sample in family.samples for label in sample.labels}
    assert labels.isdisjoint({"session", "session_id", "segment_id", "tenant", "user", "subject", "text", "transcript", "device", "address", "query"})


def test_the_catalogue_of_metrics_names_every_one(root: Path) -> None:
    text = (root / "docs" / "operations.md").read_text()
    names = {family.name for family in Metrics().registry.collect() if family.name.startswith("asr_")}
    assert {name for name in names if f"`{name}" not in text} == set()
