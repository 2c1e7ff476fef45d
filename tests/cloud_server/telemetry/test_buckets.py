"""An objective that lies between two bounds could only be guessed at."""

from __future__ import annotations

import pytest

from cloud_server.config import Config
from cloud_server.telemetry import buckets


@pytest.mark.parametrize("objective_s", [0.5, 1.0, 2.5])
def test_each_latency_objective_is_a_bound(objective_s: float) -> None:
    assert objective_s in buckets.LATENCY_S


def test_the_time_after_which_a_search_is_given_up_is_a_bound() -> None:
    assert Config().search_timeout_s in buckets.SEARCH_S


@pytest.mark.parametrize("bounds", [buckets.LATENCY_S, buckets.FAST_S, buckets.SEARCH_S, buckets.REAL_TIME])
def test_bounds_rise(bounds: tuple[float, ...]) -> None:
    assert list(bounds) == sorted(set(bounds))
