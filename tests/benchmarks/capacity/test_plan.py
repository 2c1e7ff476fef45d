"""Replicas for a day: enough and not many more, never below what restarts need."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from benchmarks.capacity.plan import BUSIEST, DAY_S, hourly_rates, plan, weighted_p95
from benchmarks.capacity.profile import Profile
from benchmarks.load.outcomes import SLO_FINAL_S
from protos.errors import ConfigurationError

PROFILE = Profile(0.08, 0.3, 2)


def test_a_days_hours_add_up_to_its_queries() -> None:
    rates = hourly_rates(1e6)
    assert sum(rates) * DAY_S / 24 == pytest.approx(1e6)
    assert max(rates) < 2 * 1e6 / DAY_S
    assert rates.index(max(rates)) in (11, 12)


def test_few_queries_need_only_what_restarts_need() -> None:
    planned = plan(1e3, PROFILE, 0.05, 2, Random(1))
    assert planned.replicas == 2
    assert planned.cost_a_day == planned.scaled_cost_a_day == pytest.approx(24 * 2 * 2 * 0.05)
    assert planned.p95_s < 0.2


def test_many_queries_get_as_many_as_the_promise_needs() -> None:
    planned = plan(3e6, PROFILE, 0.05, 2, Random(1))
    needed = max(hourly_rates(3e6)) * PROFILE.service_s / PROFILE.cores
    assert needed < planned.replicas < 1.4 * needed
    assert planned.busiest_p95_s <= 1.2 * SLO_FINAL_S
    assert planned.busiest_use <= BUSIEST
    assert planned.scaled_cost_a_day < planned.cost_a_day
    assert planned.cost_a_million == pytest.approx(planned.cost_a_day / 3)


def test_a_model_too_slow_for_the_promise_is_said() -> None:
    with pytest.raises(ConfigurationError, match="no number helps"):
        plan(1e3, Profile(0.6, 0.0, 2), 0.05, 2, Random(1))


def test_an_hour_counts_for_as_many_as_ask_in_it() -> None:
    quiet, busy = [0.1] * 100, [1.0] * 100
    assert weighted_p95([quiet, busy], [99.0, 1.0]) == 0.1
    assert weighted_p95([quiet, busy], [50.0, 50.0]) == 1.0
    even = list(np.linspace(0, 1, 101))
    assert weighted_p95([even], [1.0]) == pytest.approx(0.95, abs=0.01)
