"""Replicas behind a balancer, each with a queue of its own, simulated event by event. Chance is handed in; no clock but the simulation's."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from random import Random
from typing import Any

import simpy

from benchmarks.capacity.profile import Profile

WARM_UP = 0.1
"""Share of arrivals that come before anything is counted: the queues begin empty."""


def simulate(replicas: int, rate_per_s: float, profile: Profile, count: int, chance: Random) -> list[tuple[float, float]]:
    """(wait, service) in seconds of `count` arrivals at a steady rate. The balancer knows who has the fewest segments, and takes one of those."""
    environment = simpy.Environment()
    places = [simpy.Resource(environment, capacity=profile.cores) for _ in range(replicas)]
    done, warm = list[tuple[float, float]](), round(WARM_UP * count)

    def segment(number: int) -> Generator[Any, Any, None]:
        came_s, place = environment.now, emptiest(places, chance)
        with place.request() as turn:
            yield turn
            waited_s, service_s = environment.now - came_s, service(profile, chance)
            yield environment.timeout(service_s)
        if number >= warm:
            done.append((waited_s, service_s))

    def arrivals() -> Generator[Any, Any, None]:
        for number in range(count + warm):
            yield environment.timeout(chance.expovariate(rate_per_s))
            environment.process(segment(number))

    environment.process(arrivals())
    environment.run()
    return done


def emptiest(places: Sequence[simpy.Resource], chance: Random) -> simpy.Resource:
    load = [place.count + len(place.queue) for place in places]
    least = min(load)
    return places[chance.choice([number for number, one in enumerate(load) if one == least])]


def service(profile: Profile, chance: Random) -> float:
    """Gamma: deterministic at spread 0, exponential at 1."""
    if not profile.spread:
        return profile.service_s
    shape = 1 / profile.spread**2
    return chance.gammavariate(shape, profile.service_s / shape)
