"""Whatever becomes of the index while it is served, or of the search itself: every segment has its transcript."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from cloud_server import catalogues
from cloud_server.app import RunningServer, running_server
from cloud_server.config import Config
from cloud_server.search.catalogue import Document, read_catalogue
from cloud_server.search.cluster_push import push_to_cluster
from cloud_server.search.engine import SearchEngine
from cloud_server.search.generations import MANIFEST
from cloud_server.search.index import add_documents, build_index
from protos import messages as m
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc
from tests import fakes
from tests.cloud_server.conftest import STUB
from tests.cloud_server.search.fake_cluster import FakeCluster, fake_cluster
from tests.cloud_server.test_service import Conversation, converse

HINTED = m.StreamingConfig(phrase_hints=(m.PhraseHint("banana bread"),))


@pytest.fixture
def index(catalogue: Path, tmp_path: Path) -> Path:
    build_index(read_catalogue(catalogue), tmp_path / "dishes", "dishes")
    return tmp_path / "dishes"


@pytest.fixture
async def server(index: Path) -> AsyncIterator[RunningServer]:
    """Its search may take 50 ms."""
    config = Config(port=0, metrics_port=0, workers=1, index_dirs=(index,), search_timeout_s=0.05, drain_s=5.0)
    async with running_server(config, STUB) as running:
        yield running


async def ask(channel: grpc.aio.Channel) -> tuple[str, m.SearchOutcome, list[str]]:
    """The stub hears the first hint."""
    responses = await converse(channel, HINTED, *fakes.requests_of(fakes.speech()))
    (result,) = [response for response in responses if isinstance(response, m.Result)]
    (results,) = [response for response in responses if isinstance(response, m.SearchResults)]
    return result.alternatives[0].transcript, results.outcome, [hit.id for hit in results.hits]


FOUND = ("banana bread", m.SearchOutcome.FOUND, ["bread"])
UNAVAILABLE = ("banana bread", m.SearchOutcome.UNAVAILABLE, [])


@pytest.fixture
def cluster() -> Iterator[FakeCluster]:
    with fake_cluster() as running:
        yield running


@asynccontextmanager
async def asked_through(cluster: FakeCluster) -> AsyncIterator[grpc.aio.Channel]:
    """A server whose catalogue is on the cluster."""
    config = Config(port=0, metrics_port=0, workers=1, index_dirs=(f"{cluster.url}dishes",), drain_s=5.0)
    async with running_server(config, STUB) as running, grpc.aio.insecure_channel(running.address) as channel:
        yield channel


async def test_a_cluster_that_is_out_of_reach_at_the_start_and_then_is_not(index: Path, cluster: FakeCluster) -> None:
    await asyncio.to_thread(push_to_cluster, index, f"{cluster.url}dishes")
    cluster.status = 503
    async with asked_through(cluster) as channel:
        assert await ask(channel) == UNAVAILABLE
        cluster.status = 200
        while (answer := await ask(channel)) == UNAVAILABLE:
            pass  # the server looks once a second
        assert answer == FOUND


async def test_a_cluster_that_hangs_or_fails_costs_no_transcript_and_comes_back(index: Path, cluster: FakeCluster) -> None:
    await asyncio.to_thread(push_to_cluster, index, f"{cluster.url}dishes")
    async with asked_through(cluster) as channel:
        while await ask(channel) != FOUND:
            pass  # on a busy machine 250 ms are over soon
        cluster.hangs.set()
        assert [await ask(channel) for _ in range(3)] == [UNAVAILABLE] * 3
        cluster.hangs.clear()
        cluster.goes_on.set()
        while (answer := await ask(channel)) == UNAVAILABLE:
            pass  # it is left alone for a second
        assert answer == FOUND
        cluster.status = 500
        assert await ask(channel) == UNAVAILABLE


def files_of(index: Path) -> list[Path]:
    return [path for path in index.rglob("*") if path.is_file() and path.name != MANIFEST]


def flip(path: Path) -> None:
    path.write_bytes(bytes(byte ^ 0xFF for byte in path.read_bytes()))


@pytest.mark.parametrize("harm", [lambda path: os.truncate(path, 0), lambda path: os.truncate(path, path.stat().st_size // 2), flip, os.unlink])
async def test_files_that_are_harmed_while_they_are_served_cost_nothing(
    server: RunningServer, channel: grpc.aio.Channel, index: Path, harm: Callable[[Path], None]
) -> None:
    """A mapped file that is cut short would end the process."""
    for path in files_of(index):
        harm(path)
    assert [await ask(channel) for _ in range(3)] == [FOUND] * 3


async def test_a_search_that_hangs_is_said_to_be_unavailable_and_comes_back(channel: grpc.aio.Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when its disk stalls. More of them than there are threads to search in."""
    goes_on, candidates = threading.Event(), SearchEngine.candidates
    monkeypatch.setattr(SearchEngine, "candidates", lambda *given: (goes_on.wait(), candidates(*given))[1])
    assert [await ask(channel) for _ in range(4)] == [UNAVAILABLE] * 4
    assert not goes_on.is_set()
    goes_on.set()
    while (answer := await ask(channel)) == UNAVAILABLE:
        pass  # until the threads come free
    assert answer == FOUND


@pytest.mark.parametrize("error", [RuntimeError("broken"), KeyboardInterrupt("as a panic of the library: no Exception")], ids=["error", "panic"])
async def test_a_search_that_breaks_is_said_to_be_unavailable(
    channel: grpc.aio.Channel, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(SearchEngine, "candidates", broken)
    assert await ask(channel) == UNAVAILABLE


async def test_a_disk_that_hangs_while_it_is_looked_for_changes_holds_nobody_up(
    server: RunningServer, channel: grpc.aio.Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, goes_on = threading.Event(), threading.Event()
    monkeypatch.setattr(catalogues, "stamp_of", lambda _: (looked.set(), goes_on.wait(), None)[2])
    await asyncio.to_thread(looked.wait)
    assert await ask(channel) == FOUND
    goes_on.set()


async def test_an_index_whose_loading_hangs_serves_on_and_is_taken_up_when_it_goes_on(index: Path) -> None:
    """The manifest is a pipe that nobody writes to, then somebody does."""
    config = Config(port=0, metrics_port=0, workers=1, index_dirs=(index,), search_timeout_s=20.0, drain_s=5.0)
    async with running_server(config, STUB) as running, grpc.aio.insecure_channel(running.address) as channel:
        manifest = await asyncio.to_thread(add_documents, [Document("stew", "Lamb Stew")], index)
        whole = await asyncio.to_thread((index / MANIFEST).read_bytes)
        stub = pb_grpc.SpeechSearchStub(channel)
        while (await stub.Search(pb.SearchRequest(query="lamb stew"))).search_results.catalogue_version != manifest.version:
            pass
        await asyncio.to_thread(become_pipe, index / MANIFEST)
        while not any(thread.name.startswith("index-load") for thread in threading.enumerate()):
            assert await ask(channel) == FOUND
        assert [await ask(channel) for _ in range(3)] == [FOUND] * 3
        await asyncio.to_thread((index / MANIFEST).write_bytes, whole)
        while any(thread.name.startswith("index-load") for thread in threading.enumerate()):
            assert await ask(channel) == FOUND


def become_pipe(path: Path) -> None:
    os.mkfifo(path.with_name("pipe"))
    path.with_name("pipe").replace(path)


async def test_final_results_are_searched_while_one_of_an_open_segment_hangs(channel: grpc.aio.Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many segments are being spoken, they are looked for in a thread of their own."""
    hangs, goes_on, names_in_full = threading.Event(), threading.Event(), SearchEngine.names_in_full
    monkeypatch.setattr(SearchEngine, "names_in_full", lambda *given: (hangs.set(), goes_on.wait(), names_in_full(*given))[2])
    talks = []
    for _ in range(3):
        start, *chunks, _end = fakes.requests_of(fakes.speech(20_000), chunk_bytes=8000)
        talks.append(talk := Conversation(channel))
        await talk.say(m.StreamingConfig(interim_results=True), start, *chunks)
    await asyncio.to_thread(hangs.wait)
    assert await ask(channel) == FOUND
    goes_on.set()
    for talk in talks:
        await talk.say(m.CancelSegment(1))
        _ = [response async for response in talk.rest()]
