"""The simulation agrees with queueing theory where theory is exact."""

from __future__ import annotations

from random import Random

import pytest

from benchmarks.capacity.profile import Profile
from benchmarks.capacity.queueing import mean_wait_s
from benchmarks.capacity.simulate import simulate

COUNT = 30_000


def waited_s(replicas: int, rate: float, profile: Profile, seed: int = 1) -> float:
    done = simulate(replicas, rate, profile, COUNT, Random(seed))
    assert len(done) == COUNT
    return sum(wait_s for wait_s, _ in done) / COUNT


@pytest.mark.parametrize("spread", [0.0, 0.5, 1.0])
def test_one_core_waits_as_theory_says_for_every_spread(spread: float) -> None:
    assert waited_s(1, 7.0, Profile(0.1, spread, 1)) == pytest.approx(mean_wait_s(1, 7.0, 0.1, spread), rel=0.1)


@pytest.mark.parametrize(("cores", "rate"), [(2, 14.0), (8, 60.0)])
def test_one_replica_of_several_cores_is_mmc(cores: int, rate: float) -> None:
    assert waited_s(1, rate, Profile(0.1, 1.0, cores)) == pytest.approx(mean_wait_s(cores, rate, 0.1), rel=0.12)


def test_replicas_wait_longer_than_one_queue_and_less_than_with_a_blind_balancer() -> None:
    rate, profile = 64.0, Profile(0.1, 1.0, 2)
    one_queue_s, blind_s = mean_wait_s(8, rate, 0.1), mean_wait_s(2, rate / 4, 0.1)
    assert one_queue_s < waited_s(4, rate, profile) < blind_s


def test_service_has_the_mean_and_the_spread_of_the_profile() -> None:
    services = [service_s for _, service_s in simulate(1, 1.0, Profile(0.1, 0.5, 1), COUNT, Random(2))]
    mean_s = sum(services) / COUNT
    assert mean_s == pytest.approx(0.1, rel=0.02)
    assert (sum((one - mean_s) ** 2 for one in services) / COUNT) ** 0.5 / mean_s == pytest.approx(0.5, rel=0.05)
