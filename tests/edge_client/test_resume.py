"""The edge comes back: through cuts, resets, stalls, kills and drains, 0 lost, 0 doubled, 0 reordered, and the text of a run without them."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import edge_client.app
from benchmarks.faults.proxy import Proxy, running_proxy
from benchmarks.faults.toxics import Toxic
from cloud_server.app import running_server
from cloud_server.config import Config as ServerConfig
from edge_client.app import EdgeSession
from edge_client.config import Config, SpoolConfig, TransportConfig
from edge_client.ledger import SegmentOutcome
from edge_client.sources import AudioFile
from edge_client.spool import Key, Spool
from protos import messages as m
from tests import fakes
from tests.cloud_server.conftest import STUB, catalogue  # noqa: F401 - a fixture
from tests.edge_client.conftest import until

QUICK = TransportConfig(keepalive_s=1.0, keepalive_timeout_s=1.0, attempt_timeout_s=1.0)
SPOKEN = 4
FAULTS = st.lists(st.tuples(st.integers(0, 150_000), st.sampled_from(["cut", "reset"])), max_size=6)


@pytest.fixture
async def proxy(catalogue: Path) -> AsyncIterator[Proxy]:  # noqa: F811
    config = ServerConfig(port=0, metrics_port=0, workers=1, catalogues=(catalogue,))
    async with running_server(config, STUB) as server, running_proxy(server.address) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def queries(two_queries: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two queries twice."""
    pcm, rate = soundfile.read(two_queries, dtype="int16")
    path = tmp_path_factory.mktemp("audio") / "four.wav"
    soundfile.write(path, [*pcm, *pcm], rate)
    return path


def session_at(address: str, path: Path, spool: Path | None = None, **transport: float) -> EdgeSession:
    config = replace(QUICK, server=address, **transport)  # type: ignore[arg-type]
    return EdgeSession(AudioFile(path), Config(transport=config, spool=SpoolConfig(spool) if spool else None))


def check(outcomes: list[SegmentOutcome], path: Path, count: int = SPOKEN) -> None:
    """Exactly one transcript a segment, in order, and of exactly its samples."""
    pcm = soundfile.read(path, dtype="int16")[0]
    assert [outcome.segment_id for outcome in outcomes] == list(range(1, count + 1))
    for outcome in outcomes:
        assert isinstance(outcome.answer, m.Result), outcome.answer
        assert outcome.answer.alternatives[0].transcript == fakes.transcript_of(pcm[outcome.start_sample : outcome.end_sample].tobytes())
        assert outcome.results is not None


async def collect(session: EdgeSession) -> list[SegmentOutcome]:
    return [outcome async for outcome in session.outcomes()]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(faults=FAULTS)
async def test_no_schedule_of_cuts_loses_doubles_or_reorders_anything(proxy: Proxy, queries: Path, faults: list[tuple[int, str]]) -> None:
    """Each fault strikes after so many more bytes went through, either way."""

    async def strike() -> None:
        for after_bytes, fault in faults:
            await proxy.until_passed(proxy.passed_bytes + after_bytes)
            getattr(proxy, fault)()

    striking = asyncio.create_task(strike())
    check(await collect(session_at(proxy.address, queries)), queries)
    striking.cancel()


async def test_a_half_open_link_is_found_by_keepalive_while_nobody_speaks(proxy: Proxy, queries: Path) -> None:
    """Nothing is written that could fail: only an unanswered ping tells."""
    source = Paused(queries, 100_000)
    session = EdgeSession(source, Config(transport=replace(QUICK, server=proxy.address)))
    async with aclosing(session.outcomes()) as stream:
        first = await anext(stream)
        await source.is_paused.wait()
        proxy.stall()
        await until(lambda: session._transport.connected_s is None)
        proxy.cut()
        proxy.flow()
        source.go_on.set()
        check([first, *[outcome async for outcome in stream]], queries)
    assert session.reconnects == 1


async def test_a_slow_and_narrow_link_costs_time_only(proxy: Proxy, two_queries: Path) -> None:
    proxy.spoil(Toxic(latency_s=0.02, bytes_per_second=400_000.0))
    session = session_at(proxy.address, two_queries, keepalive_s=10.0, attempt_timeout_s=10.0)
    check(await collect(session), two_queries, 2)
    assert session._transport.reconnects == 0


async def test_a_drain_sends_the_edge_to_the_next_server_without_a_loss(catalogue: Path, queries: Path) -> None:  # noqa: F811
    """The first server stops in mid-recording, while nobody speaks; the stream it ends in good order is taken up elsewhere."""
    config = ServerConfig(port=0, metrics_port=0, workers=1, catalogues=(catalogue,))
    async with running_server(config, STUB) as second, running_proxy(second.address) as proxy:
        source = Paused(queries, 100_000)
        session = EdgeSession(source, Config(transport=replace(QUICK, server=proxy.address)))
        async with aclosing(session.outcomes()) as stream:
            async with running_server(config, STUB) as first:
                proxy.point_at(first.address)
                outcomes = [await anext(stream)]
                await source.is_paused.wait()
                proxy.point_at(second.address)
            source.go_on.set()
            check([*outcomes, *[outcome async for outcome in stream]], queries)
    assert any("asked to reconnect" in notice for notice in session.summary.notices)


class Paused:
    """A recording with a pause in it for as long as the test needs."""

    def __init__(self, path: Path, at_sample: int) -> None:
        self._file, self._at_sample = AudioFile(path), at_sample
        self.device, self.overruns, self.state, self.can_wait = self._file.device, 0, self._file.state, False
        self.is_paused, self.go_on = asyncio.Event(), asyncio.Event()

    async def frames(self) -> AsyncGenerator[m.AudioFrame, None]:
        async for frame in self._file.frames():
            if frame.start_sample >= self._at_sample:
                self.is_paused.set()
                await self.go_on.wait()
            yield frame


async def test_what_one_run_could_not_send_the_next_one_does(proxy: Proxy, queries: Path, tmp_path: Path) -> None:
    spool, earlier = tmp_path / "spool", list[SegmentOutcome]()
    lost = await collect(session_at("127.0.0.1:1", queries, spool, connect_timeout_s=0.1))
    assert all(isinstance(outcome.answer, m.Reject) for outcome in lost)
    session = session_at(proxy.address, queries, spool)
    session._on_earlier = earlier.append
    check(await collect(session), queries)
    check(earlier, queries)
    assert [(outcome.start_sample, outcome.end_sample) for outcome in earlier] == [(o.start_sample, o.end_sample) for o in lost]
    assert Spool(spool, 1000).left_over == ()


async def test_a_full_spool_loses_the_oldest_aloud_and_the_newest_is_answered(proxy: Proxy, queries: Path, tmp_path: Path) -> None:
    proxy.stall()
    session = session_at(proxy.address, queries, tmp_path / "spool", max_unanswered_bytes=250_000, attempt_timeout_s=60.0)
    asking = asyncio.create_task(collect(session))
    await until(lambda: session._transport._ended)
    proxy.flow()
    outcomes = await asking
    kinds = [type(outcome.answer) for outcome in outcomes]
    assert kinds == sorted(kinds, key=[m.Reject, m.Result].index)
    assert kinds[0] is m.Reject
    assert kinds[-1] is m.Result
    assert {outcome.answer.reason for outcome in outcomes if isinstance(outcome.answer, m.Reject)} == {m.RejectReason.SPOOL_FULL}
    assert Spool(tmp_path / "spool", 1000).left_over == ()


class FullDisk(Spool):
    def _write(self, key: Key, record: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


async def test_a_full_disk_costs_no_speech_that_the_link_can_carry(
    proxy: Proxy, queries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What memory holds is sent and answered; the disk only helps a run that comes after this one."""
    monkeypatch.setattr(edge_client.app, "open_spool", lambda config, max_bytes: FullDisk(config.folder, max_bytes))
    session = session_at(proxy.address, queries, tmp_path / "spool")
    check(await collect(session), queries)
    assert f"{SPOKEN} segments could not be kept in the spool (No space left on device); they were in memory alone" in session.summary.notices
