"""A server is looked at while it works."""

from __future__ import annotations

import asyncio
import os
import time

from benchmarks.load.sampler import sampling
from cloud_server.app import RunningServer


async def test_queue_streams_and_cores_are_seen(server: RunningServer) -> None:
    def look() -> list[object]:
        with sampling(server.metrics_address, (os.getpid(),), time.monotonic()) as sampler:
            while not sampler.samples:
                os.sched_yield()
        return list(sampler.samples)

    first = (await asyncio.to_thread(look))[0]
    assert (first.queued_audio_s, first.streams) == (0.0, 0.0)  # type: ignore[attr-defined]
    assert first.server_cores > 0  # type: ignore[attr-defined]
    assert first.machine_cores > 0  # type: ignore[attr-defined]


async def test_what_nobody_tells_is_a_gap(server: RunningServer) -> None:
    with sampling("127.0.0.1:1", (), time.monotonic()) as sampler:
        assert sampler.server_cpu_s() is None
        assert sampler._queue() == (None, None)
