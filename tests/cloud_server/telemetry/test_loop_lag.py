"""Lateness is what the clock says beyond the sleep that was asked for."""

from __future__ import annotations

import asyncio

from cloud_server.telemetry.loop_lag import watch_loop_lag


async def test_each_lateness_is_told_and_none_is_negative() -> None:
    times = iter([0.0, 0.7, 1.0, 1.1, 2.0, 2.0])
    told: list[float] = []

    async def observe(lag_s: float) -> None:
        told.append(lag_s)
        if len(told) == 3:
            watching.cancel()

    watching = asyncio.create_task(watch_loop_lag(observe, 0.2, lambda: next(times)))
    # The sleep itself is real, and a fifth of a second short.
    await asyncio.gather(watching, return_exceptions=True)
    assert [round(lag_s, 9) for lag_s in told] == [0.5, 0.0, 0.0]
