"""A server that is late sends new sessions elsewhere, and takes them again when it is not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import SimpleNamespace

import pytest
from grpc_health.v1 import health_pb2
from grpc_health.v1._async import HealthServicer
from prometheus_client import CollectorRegistry

from cloud_server.readiness import JUDGED_LAGS, LATE_S, SERVICE_NAME, Lateness, Readiness
from cloud_server.telemetry.loop_lag import watch_loop_lag
from cloud_server.telemetry.process_metrics import ProcessMetrics

EVERY_S = 0.001


class Said:
    """Who asks is told the same, whomever they ask."""

    def __init__(self) -> None:
        self.registry, self.service, self.checks = CollectorRegistry(), SimpleNamespace(ready=False), HealthServicer()
        self.readiness = Readiness(self.checks, ProcessMetrics(self.registry), self.service)  # type: ignore[arg-type]

    async def is_ready(self) -> bool:
        statuses = [(await self.checks.Check(health_pb2.HealthCheckRequest(service=name), None)).status for name in ("", SERVICE_NAME)]
        said = {status == health_pb2.HealthCheckResponse.SERVING for status in statuses}
        said |= {bool(self.registry.get_sample_value("asr_server_ready")), self.service.ready}
        (is_ready,) = said
        return is_ready

    async def live_through(self, lags_s: Iterable[float]) -> list[bool]:
        """By a clock of our own: whether it is ready after each lag."""
        now_s, times, ready = 0.0, [0.0], list[bool]()
        for lag_s in lags_s:
            begin_s, now_s = now_s, now_s + EVERY_S + lag_s
            times += [now_s, now_s]
            assert begin_s <= now_s
        clock = iter(times)

        async def judge(lag_s: float) -> None:
            await self.readiness.judge(lag_s)
            ready.append(await self.is_ready())

        with pytest.raises(RuntimeError):  # the clock has run out, within a coroutine
            await watch_loop_lag(judge, EVERY_S, lambda: next(clock))
        return ready


async def test_a_loop_that_stays_late_makes_it_not_ready_and_one_on_time_ready_again() -> None:
    said = Said()
    await said.readiness.open()
    assert await said.live_through([0.0, 1.5, 1.5, 1.5, 1.5, 0.0, 0.0, 0.0]) == [True, True, True, False, False, False, False, True]
    assert said.registry.get_sample_value("asr_server_event_loop_lag_seconds_count") == 8


async def test_one_long_stall_and_many_short_ones_change_nothing() -> None:
    said = Said()
    await said.readiness.open()
    assert all(await said.live_through([60.0, 0.0, 0.0, 0.0, 60.0, 0.0, *[LATE_S - 0.1] * 10]))


async def test_who_stops_is_not_ready_again_though_the_loop_is_on_time_again() -> None:
    said = Said()
    await said.readiness.open()
    await said.live_through([2.0] * JUDGED_LAGS)
    await asyncio.gather(said.readiness.close(), *(said.readiness.judge(0.0) for _ in range(JUDGED_LAGS)))
    assert not await said.is_ready()


async def test_nobody_is_ready_before_the_start_however_punctual() -> None:
    said = Said()
    await said.readiness.judge(0.0)
    assert not said.service.ready


def test_lateness_is_the_median_of_the_last_few() -> None:
    lateness = Lateness()
    assert [lateness.is_late(LATE_S + 0.1) for _ in range(4)] == [False, False, True, True]
    assert [lateness.is_late(0.0) for _ in range(3)] == [True, True, False]
