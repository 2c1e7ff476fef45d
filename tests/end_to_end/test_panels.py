"""Every panel of every board answers, with a real Prometheus before a real server under load and a few faults; it counts what happened.

The recogniser is a stub: a real one needs a minute to come back from the dead on a busy machine, and panels do not care what it hears.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from pathlib import Path

import grpc
import numpy as np
import pytest

from benchmarks.dashboards.boards import BOARDS
from benchmarks.faults.proxy import Proxy, running_proxy
from cloud_server.app import RunningServer, running_server
from cloud_server.config import Config as ServerConfig
from cloud_server.worker_process import RecogniserSpec
from edge_client.app import EdgeSession
from edge_client.config import Config, TransportConfig
from models.transcribe import read_pcm
from protos import messages as m
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc
from tests import fakes
from tests.cloud_server.test_service import converse
from tests.end_to_end.prometheus import Prometheus, running_prometheus

SAID = 6
CUT_AFTER = 2
RECORDINGS = ("garlic-shrimp", "pumpkin-pie", "pork-dumplings")
FEEDBACK = (
    pb.SubmitFeedbackRequest(clicked=pb.ClickedHit(hit_id="pumpkin-pie")),
    pb.SubmitFeedbackRequest(corrected=pb.CorrectedText(transcript="pumpkin xqzzy")),
    pb.SubmitFeedbackRequest(gave_up=pb.GaveUp()),
    pb.SubmitFeedbackRequest(asked_again=pb.AskedAgain(next_segment_id=2)),
)
QUERIES = {
    f"{name}: {panel.title}: {legend}": expression.replace("$__rate_interval", "90s")
    for name, board in BOARDS.items()
    for panel in board.panels
    for legend, expression in panel.queries.items()
}


class SaidAgain:
    """A query said again and again with silence between, each time a little softer, so that no two are the same segment."""

    def __init__(self, recording: Path, times: int) -> None:
        self.device = m.DeviceInfo(recording.name, m.SAMPLE_RATE_HZ, "file")
        self.overruns, self.state, self.can_wait = 0, m.MicrophoneState.NOT_USED, True
        speech = np.frombuffer(read_pcm(recording), np.int16)
        silence = np.zeros(2 * m.SAMPLE_RATE_HZ, np.int16)
        said = [part for number in range(times) for part in ((speech * (1 - 0.05 * number)).astype(np.int16), silence)]
        self._pcm = np.concatenate(said).tobytes()

    async def frames(self) -> AsyncGenerator[m.AudioFrame, None]:
        size = m.FRAME_SAMPLES * m.BYTES_PER_SAMPLE
        for start in range(0, len(self._pcm), size):
            yield m.AudioFrame(start // m.BYTES_PER_SAMPLE, self._pcm[start : start + size])


@dataclass
class Harness:
    """What it did itself, counted by itself."""

    root: Path
    seen: Counter[str] = field(default_factory=Counter)
    audio_s: float = 0.0
    said_s: list[float] = field(default_factory=list)
    """Of each segment that came through the link that is cut."""

    async def speak_through(self, proxy: Proxy) -> None:
        """An edge whose link is cut once, and which loses nothing by it."""
        source = SaidAgain(self.root / "tests" / "recordings" / "pumpkin-pie.flac", SAID)
        config = Config(transport=TransportConfig(proxy.address, max_unanswered_s=10.0))
        session = EdgeSession(source, config, on_interim=lambda _: None)
        async for outcome in session.outcomes():
            assert isinstance(outcome.answer, m.Result), outcome
            self.seen["edge finals"] += 1
            self.seen["searches"] += 1
            self.said_s.append((outcome.end_sample - outcome.start_sample) / m.SAMPLE_RATE_HZ)
            self.audio_s += self.said_s[-1]
            if self.seen["edge finals"] == CUT_AFTER:
                proxy.cut()
        self.seen["reconnects"] += session.reconnects

    async def ask(self, channel: grpc.aio.Channel) -> None:
        """Recordings one after the other, each twice: the repeat is answered from memory. A worker dies before the first."""
        worker = next(child for child in multiprocessing.active_children() if child.name.startswith("harken-worker"))
        worker.kill()
        for name in RECORDINGS:
            pcm = read_pcm(self.root / "tests" / "recordings" / f"{name}.flac")
            requests = fakes.requests_of(m.Segment(1, 0, pcm))
            opening, *answers = await converse(channel, m.StreamingConfig(), *requests)
            assert isinstance(opening, m.Session)
            self._count(answers)
            self.audio_s += len(pcm) / 2 / m.SAMPLE_RATE_HZ
            _, *again = await converse(channel, m.StreamingConfig(resume_token=opening.resume_token), *requests)
            self.seen["repeats"] += sum(isinstance(answer, m.Result) for answer in again)
        self._count((await converse(channel, m.StreamingConfig(), *fakes.requests_of(m.Segment(1, 0, bytes(32_000)))))[1:])
        self.audio_s += 1.0
        *start, end = fakes.requests_of(fakes.speech())
        assert isinstance(end, m.SegmentEnd)
        self._count((await converse(channel, m.StreamingConfig(), *start, replace(end, crc32c=7)))[1:])

    async def judge(self, channel: grpc.aio.Channel) -> None:
        stub = pb_grpc.SpeechSearchStub(channel)
        await stub.Search(pb.SearchRequest(query="pumpkin xqzzy"))
        self.seen["searches"] += 1
        for given in FEEDBACK:
            given.session_id, given.segment_id, given.data_use.allow_retention = "session", 1, True
            await stub.SubmitFeedback(given)
            self.seen["feedback"] += 1

    def _count(self, answers: list[m.Response]) -> None:
        for answer in answers:
            match answer:
                case m.Result(final_reason=m.FinalReason.RECOGNIZED):
                    self.seen["finals"] += 1
                case m.Result():
                    self.seen["empties"] += 1
                case m.Reject():
                    self.seen["rejects"] += 1
                case m.SearchResults():
                    self.seen["searches"] += 1
                case _:
                    pass

    @property
    def expected(self) -> dict[str, float]:
        """PromQL -> what it must say at rest."""
        seen = self.seen
        return {
            'sum(asr_server_segments_total{outcome="ok"}) - sum(asr_server_duplicates_total)': seen["finals"] + seen["empties"] + seen["edge finals"],
            'sum(asr_server_rejects_total{reason="checksum"})': seen["rejects"],
            'sum(asr_edge_segments_total{outcome="final"})': seen["edge finals"],
            'sum(asr_edge_segments_total{outcome="lost"})': 0,
            "sum(asr_edge_e2e_seconds_count)": seen["edge finals"],
            'sum(asr_edge_reconnects_total{reason="network"})': seen["reconnects"],
            "sum(asr_server_feedback_total)": seen["feedback"],
            "sum(asr_server_feedback_kept_total)": seen["feedback"],
            "sum(asr_model_restarts_total)": 1,
            'sum(asr_quality_finals_total{kind="no_speech"})': seen["empties"],
            'sum(asr_quality_typed_words_total{lexicon="out"})': 2,
            "sum(asr_server_streams)": 0,
        }


@pytest.mark.timeout(240)
async def test_every_panel_answers_and_counts_what_happened(root: Path, tmp_path: Path) -> None:
    config = ServerConfig(port=0, metrics_port=0, workers=1, feedback_dir=tmp_path / "feedback", search_timeout_s=10.0, segment_deadline_s=60.0)
    async with (
        running_server(config, RecogniserSpec("tests.fakes:make_sounding_stub")) as server,
        running_prometheus(server.metrics_address, root / "deploy" / "prometheus" / "rules", tmp_path) as prometheus,
        running_proxy(server.address) as proxy,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        await prometheus.until('up{job="harken-server"} == 1')
        harness = Harness(root)
        await harness.ask(channel)
        await asyncio.gather(harness.speak_through(proxy), harness.judge(channel))
        await at_rest(server, prometheus)
        assert await prometheus.unanswered(QUERIES) == {}
        found = {expression: await prometheus.value(expression) for expression in harness.expected}
        assert found == pytest.approx(harness.expected, rel=0.02)
        # Whoever is cut off between a segment's recognition and its search sends it again, and it is recognised again: once here, or not at all.
        twice_s = await prometheus.value("sum(asr_quality_audio_seconds_total)") - harness.audio_s
        assert min(abs(twice_s - again_s) for again_s in (0.0, *harness.said_s)) < 0.02 * harness.audio_s
        searches = await prometheus.value("sum(asr_search_requests_total)")
        assert harness.seen["searches"] == pytest.approx(searches, rel=0.02)
        await renamed_metric_is_found(prometheus)


async def at_rest(server: RunningServer, prometheus: Prometheus) -> None:
    """Scraped, and ruled on, after everything was done; a sample of the speech was measured."""
    await prometheus.until(f"timestamp(asr_server_ready) > {time.time()} and on () sum(asr_server_streams) == 0")
    await prometheus.until("sum(asr_quality_sampled_segments_total) > 0")
    await prometheus.until(f"timestamp(harken:segments_bad:ratio_rate5m) > {time.time()}")


async def renamed_metric_is_found(prometheus: Prometheus) -> None:
    """The negative control."""
    name = "overview: Segments by outcome: {{outcome}} {{priority}}"
    renamed = QUERIES[name].replace("asr_server_segments_total", "asr_server_segment_total")
    assert list(await prometheus.unanswered({**QUERIES, name: renamed})) == [name]
