"""Silent clients are all connected, and gone afterwards."""

from __future__ import annotations

import asyncio
import os

import pytest

from benchmarks.idle import connections
from benchmarks.idle.connections import cost_of, silent_clients
from benchmarks.scrape import scrape, total
from cloud_server.app import RunningServer
from protos.errors import ConfigurationError


async def streams(server: RunningServer) -> float:
    return total(await asyncio.to_thread(scrape, server.metrics_address), "asr_server_streams")


async def test_all_are_connected_while_the_cost_is_measured(server: RunningServer) -> None:
    async with silent_clients(server.address, 5):
        assert await streams(server) == 5
    while await streams(server):  # each look is a scrape
        pass


async def test_a_cost_is_processor_time_over_time(server: RunningServer) -> None:
    used, now = iter([3.0, 3.5]), iter([10.0, 20.0])
    idle = await cost_of(server.address, os.getpid(), 2, 0.0, lambda _: next(used), lambda: next(now))
    assert (idle.connections, idle.cores) == (2, pytest.approx(0.05))


async def test_a_server_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "GREET_TIMEOUT_S", 0.3)
    with pytest.raises(ConfigurationError, match="greeted fewer than 1"):
        async with silent_clients("127.0.0.1:1", 1):
            pass
