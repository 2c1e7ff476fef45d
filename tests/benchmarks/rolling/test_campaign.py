"""Scale-out for real, on one machine: HAProxy in front of two server processes, restarted under load, and nobody notices."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from benchmarks.load.run import Load
from benchmarks.load.script import found_recordings, scripts
from benchmarks.rolling.campaign import roll, running_pair
from benchmarks.rolling.replica import Replica
from edge_client.config import TransportConfig
from edge_client.transport import Transport
from protos import messages as m
from tests.programs import program

STUB = ("benchmarks.rolling.stub_server",)
RESTARTS = 3


async def test_streams_are_spread_evenly_and_what_dies_is_taken_out(root: Path, tmp_path: Path) -> None:
    replicas = [Replica(STUB), Replica(STUB)]
    with running_pair(root, tmp_path, replicas, program("haproxy")) as balancer:
        async with AsyncExitStack() as stack:
            for _ in range(10):
                responses = Transport(TransportConfig(balancer.address), m.StreamingConfig()).responses()
                stack.push_async_callback(responses.aclose)
                assert isinstance(await anext(responses), m.Session)
            assert [backend.streams for backend in balancer.backends()] == [5, 5]
        replicas[0].stop()
        responses = Transport(TransportConfig(balancer.address), m.StreamingConfig()).responses()
        assert isinstance(await anext(responses), m.Session)
        await responses.aclose()


@pytest.mark.timeout(240)
def test_restarts_under_load_are_noticed_by_nobody(root: Path, tmp_path: Path) -> None:
    replicas, done = [Replica(STUB), Replica(STUB)], list[int]()
    made = scripts(found_recordings(root, None, 1), interim=False)
    with running_pair(root, tmp_path, replicas, program("haproxy")) as balancer:
        rolled = roll(balancer, replicas, Load(5.0, 600.0), made, RESTARTS, 0.5, done.append)
    facts = rolled.facts()
    assert (facts["restarts"], len(done)) == (RESTARTS, RESTARTS)
    assert (facts["user_visible_errors"], facts["lost"], facts["doubled"]) == (0, 0, 0), facts
    assert facts["segments"] > RESTARTS
    assert facts["exit_codes"] == [0]
    assert facts["reconnects"] > 0
    assert min(facts["streams_by_server"].values()) > 0
