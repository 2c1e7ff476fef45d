"""How many replicas a day of queries needs, what they cost, and what people wait. Pure but for the simulation's chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from benchmarks.capacity.profile import Profile
from benchmarks.capacity.queueing import fewest_servers
from benchmarks.capacity.simulate import simulate
from benchmarks.load.arrivals import SHAPES
from benchmarks.load.outcomes import SLO_FINAL_S
from protos.errors import ConfigurationError

HOURS = 24
DAY_S = 86_400.0
BUSIEST = 0.9
"""No search begins with more load than this on each core: queues grow without bound soon after."""
ARRIVALS = 2_000
"""Simulated for an hour: enough for a p95. A quiet hour has fewer."""
MOST_REPLICAS = 100_000


@dataclass(frozen=True, slots=True)
class Planned:
    queries_a_day: float
    replicas: int
    """For the busiest hour."""
    p95_s: float
    """Of the whole day, with so many replicas all day."""
    busiest_p95_s: float
    busiest_use: float
    """Of each core, in the busiest hour."""
    cost_a_day: float
    """So many replicas all day."""
    scaled_cost_a_day: float
    """With as many as each hour needs."""

    @property
    def cost_a_million(self) -> float:
        return 1e6 * self.cost_a_day / self.queries_a_day


def hourly_rates(queries_a_day: float) -> list[float]:
    """Queries a second in each hour of a diurnal day."""
    shares = [SHAPES["diurnal"]((hour + 0.5) / HOURS) for hour in range(HOURS)]
    return [queries_a_day / DAY_S * HOURS * share / sum(shares) for share in shares]


def plan(queries_a_day: float, profile: Profile, price_per_core_hour: float, least_replicas: int, chance: Random) -> Planned:
    """Raises: ConfigurationError: one segment alone takes longer than people are promised; no number of replicas helps."""
    if profile.service_s > SLO_FINAL_S:
        raise ConfigurationError(f"a segment takes {profile.service_s:.3f} s of one core, people are promised {SLO_FINAL_S:g} s: no number helps")
    rates = hourly_rates(queries_a_day)
    needed = {rate: replicas_for(rate, profile, least_replicas, chance) for rate in sorted(set(rates))}
    replicas = needed[max(rates)]
    waits = {rate: latencies(replicas, rate, profile, chance) for rate in needed}
    hour_cost = profile.cores * price_per_core_hour
    return Planned(
        queries_a_day,
        replicas,
        weighted_p95([waits[rate] for rate in rates], rates),
        float(np.percentile(waits[max(rates)], 95)),
        max(rates) * profile.service_s / (replicas * profile.cores),
        HOURS * replicas * hour_cost,
        sum(needed[rate] for rate in rates) * hour_cost,
    )


def replicas_for(rate_per_s: float, profile: Profile, least: int, chance: Random) -> int:
    """The fewest that keep the promise at a steady rate, from where theory says that it can begin to be kept."""
    replicas = max(least, -(-fewest_servers(rate_per_s, profile.service_s, BUSIEST) // profile.cores))
    while float(np.percentile(latencies(replicas, rate_per_s, profile, chance), 95)) > SLO_FINAL_S:
        replicas += max(1, replicas // 20)
        if replicas > MOST_REPLICAS:
            raise ConfigurationError(f"{MOST_REPLICAS} replicas do not keep the promise at {rate_per_s:g} queries a second")
    return replicas


def latencies(replicas: int, rate_per_s: float, profile: Profile, chance: Random) -> list[float]:
    return [wait_s + service_s for wait_s, service_s in simulate(replicas, rate_per_s, profile, ARRIVALS, chance)]


def weighted_p95(samples: Sequence[Sequence[float]], weights: Sequence[float]) -> float:
    """Of hours of which each has as many samples and stands for its own number of queries."""
    values = np.concatenate([np.asarray(one) for one in samples])
    shares = np.concatenate([np.full(len(one), weight / len(one)) for one, weight in zip(samples, weights, strict=True)])
    order = np.argsort(values)
    reached = np.cumsum(shares[order]) / shares.sum()
    return float(values[order][np.searchsorted(reached, 0.95)])
