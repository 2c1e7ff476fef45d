"""A real Redis, and a store on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.redis_server import RedisServer, running_redis
from cloud_server.metrics import Metrics
from cloud_server.shared.access import RedisAccess
from cloud_server.shared.store import Store, running_store
from tests.programs import program


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    with running_redis(program("redis-server"), tmp_path) as server:
        yield server


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


class Clock:
    """Stands still until it is set."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


PATIENT_S = 20.0
"""What is well is given time: tests share their processors with others."""


def patient(redis_server: RedisServer, hurried_s: float = PATIENT_S, **more: Any) -> RedisAccess:
    return RedisAccess(port=redis_server.port, operation_s=PATIENT_S, hurried_s=hurried_s, **more)


@pytest.fixture
async def store(redis_server: RedisServer, metrics: Metrics, clock: Clock) -> AsyncIterator[Store]:
    async with running_store(patient(redis_server), metrics, clock) as store:
        yield store


@pytest.fixture
async def hurried_store(redis_server: RedisServer, metrics: Metrics, clock: Clock) -> AsyncIterator[Store]:
    """Hurried where it is asked to be."""
    async with running_store(patient(redis_server, 0.02), metrics, clock) as store:
        yield store


def asked(metrics: Metrics) -> dict[str, float]:
    """Requests by operation and outcome, as "read hit"; only those there were."""
    samples = [sample for family in metrics.registry.collect() if family.name == "asr_cache_requests" for sample in family.samples]
    return {f"{s.labels['operation']} {s.labels['outcome']}": s.value for s in samples if s.name.endswith("_total") and s.value}
