"""When people begin to speak, set in advance, so that a server that falls behind is given no rest. Pure: chance is handed in, time is a number.

Whoever sends the next request only after the last answer measures a slow server too seldom (coordinated omission); here nobody waits for answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

# A quarter of the highest rate, but for the fifth of the run in its middle.
SPIKE_FLOOR, SPIKE_BEGIN, SPIKE_END = 0.25, 0.4, 0.6
NIGHT = 0.1
"""Of a day's highest rate."""
SHAPES: dict[str, Callable[[float], float]] = {
    "steady": lambda _: 1.0,
    "ramp": lambda at: at,
    "spike": lambda at: 1.0 if SPIKE_BEGIN <= at < SPIKE_END else SPIKE_FLOOR,
    "diurnal": lambda at: NIGHT + (1 - NIGHT) * (1 - math.cos(2 * math.pi * at)) / 2,
}
"""By name: the rate at a share (0..1) of the run, as a share of its highest."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody begins to speak."""

    session: int
    """On whose stream; one person at a time."""
    at_s: float
    """On the run's clock."""
    script: int
    """Which recording they are."""


def instants(shape: str, highest_per_s: float, duration_s: float, chance: Random) -> list[float]:
    """A Poisson process whose rate has that shape: made at the highest rate, and thinned."""
    rate, made, now_s = SHAPES[shape], list[float](), 0.0
    while highest_per_s > 0:
        now_s += chance.expovariate(highest_per_s)
        if now_s >= duration_s:
            break
        if chance.random() < rate(now_s / duration_s):
            made.append(now_s)
    return made


def crowd(shape: str, streams: float, lengths_s: Sequence[float], duration_s: float, chance: Random) -> list[Visit]:
    """Strangers who come and speak once: `streams` of them at a time at the highest, on average. lengths_s: of each script."""
    mean_s = sum(lengths_s) / len(lengths_s)
    begun = [(at_s, chance.randrange(len(lengths_s))) for at_s in instants(shape, streams / mean_s, duration_s, chance)]
    sessions = seats([(at_s, at_s + lengths_s[script]) for at_s, script in begun])
    return [Visit(session, at_s, script) for session, (at_s, script) in zip(sessions, begun, strict=True)]


def users(count: int, duty: float, lengths_s: Sequence[float], duration_s: float, chance: Random) -> list[Visit]:
    """The same people all along: each speaks, thinks for a time of its own (exponential), and speaks again; they speak for a share `duty` of it."""
    mean_s = sum(lengths_s) / len(lengths_s)
    think_s = mean_s * (1 - duty) / duty
    visits = []
    for user in range(count):
        now_s = chance.uniform(0, mean_s + think_s)
        while now_s < duration_s:
            script = chance.randrange(len(lengths_s))
            visits.append(Visit(user, now_s, script))
            now_s += lengths_s[script] + (chance.expovariate(1 / think_s) if think_s else 0.0)
    return sorted(visits, key=lambda visit: visit.at_s)


def seats(spans: Sequence[tuple[float, float]]) -> list[int]:
    """A number for each span (begin, end), in order of their begins: spans with the same number do not overlap, and no fewer numbers will do."""
    free_s: list[float] = []
    taken = []
    for begin_s, end_s in spans:
        seat = next((number for number, free in enumerate(free_s) if free <= begin_s), len(free_s))
        free_s[seat : seat + 1] = [end_s]
        taken.append(seat)
    return taken
