"""Whatever Redis does, everybody who speaks is answered, and Redis is used again when it is well. How long that takes: `harken-bench redis`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from benchmarks.redis_server import RedisServer
from cloud_server.app import RunningServer, running_server
from cloud_server.config import Config
from cloud_server.shared.access import RedisAccess
from protos import messages as m
from tests import fakes
from tests.cloud_server.conftest import STUB, catalogue  # noqa: F401 - a fixture
from tests.cloud_server.test_app import scrape
from tests.cloud_server.test_resume import opening
from tests.cloud_server.test_service import converse
from tests.edge_client.conftest import until

SEGMENTS = [fakes.speech(4000, number, segment_id=number) for number in range(1, 9)]


@dataclass(frozen=True)
class Fault:
    strike: Callable[[RedisServer], object]
    heal: Callable[[RedisServer], object]
    seen: tuple[str, ...]
    """Requests it must show itself in, by operation and outcome; any of them."""


FAULTS = {
    "down": Fault(RedisServer.kill, RedisServer.start, ("read error",)),
    "hung": Fault(RedisServer.hang, RedisServer.go_on, ("read error",)),
    "wrong password": Fault(RedisServer.lock, RedisServer.unlock, ("read refused",)),
    "full": Fault(RedisServer.fill, RedisServer.empty, ("write refused",)),
    "corrupt": Fault(RedisServer.spoil, RedisServer.values, ("read corrupt",)),
}


@pytest.fixture
async def servers(catalogue: Path, redis_server: RedisServer) -> AsyncIterator[list[RunningServer]]:  # noqa: F811
    """Two, with the patience that servers have."""
    config = Config(port=0, metrics_port=0, workers=1, catalogues=(catalogue,), redis=RedisAccess(port=redis_server.port, check_every_s=0.05))
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(running_server(config, STUB)) for _ in range(2)]


async def say_all(server: RunningServer, token: str) -> m.Session:
    """Each segment is answered with its own words, and none is refused."""
    async with grpc.aio.insecure_channel(server.address) as channel:
        responses = await converse(channel, m.StreamingConfig(resume_token=token), *(request for s in SEGMENTS for request in fakes.requests_of(s)))
    assert not [response for response in responses if isinstance(response, m.Reject)]
    results = [response for response in responses if isinstance(response, m.Result)]
    assert [result.segment_id for result in results] == [segment.segment_id for segment in SEGMENTS]
    assert [result.alternatives[0].transcript for result in results] == [fakes.transcript_of(segment.pcm) for segment in SEGMENTS]
    return opening(responses)


async def requests(server: RunningServer) -> dict[str, float]:
    return {" ".join(labels): value for (name, labels), value in (await scrape(server)).items() if name == "asr_cache_requests_total"}


def is_seen(fault: Fault, before: list[dict[str, float]], now: list[dict[str, float]]) -> bool:
    return any(current[kind] > former[kind] for kind in fault.seen for former, current in zip(before, now, strict=True))


@pytest.mark.parametrize("name", FAULTS)
async def test_nobody_loses_a_word_and_redis_is_used_again_afterwards(servers: list[RunningServer], redis_server: RedisServer, name: str) -> None:
    fault, (here, there) = FAULTS[name], servers
    session = await say_all(here, "")
    await until(lambda: len(redis_server.values()) > 0)
    before = [await requests(server) for server in servers]
    fault.strike(redis_server)
    try:
        for server in (there, here, there):
            await say_all(server, session.resume_token)
        while not is_seen(fault, before, [await requests(server) for server in servers]):
            await say_all(there, session.resume_token)
    finally:
        fault.heal(redis_server)
    for server in servers:
        stored = (await requests(server))["write stored"]
        while (await requests(server))["write stored"] == stored:  # one that was left alone is found to be back
            await say_all(server, "")
        assert (await scrape(server))["asr_cache_breaker_open", ()] == 0
