"""How many people at once a server serves within its promise: tries loads until the largest is known, then repeats that one for longer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.load.run import Load, Run, Target, run_load
from benchmarks.load.script import Script
from benchmarks.load.search import Search

TRY_S, CONFIRM_S = 20.0, 60.0
# Starting generators, waiting for the last answers.
OVERHEAD_S = 8.0
BACK_OFF = 0.92
"""Where the longer run at the largest load did not pass: one step down, as wide as the search's bracket. From the third on twice as many each time: a
machine on which luck alone had passed would take the whole time for nothing.
"""


@dataclass(frozen=True, slots=True)
class Capacity:
    confirmed: Run | None
    """The largest load that passed for CONFIRM_S; None: none did."""
    tries: tuple[Run, ...]

    def facts(self, cores: int, engine_cpu_s: float | None) -> dict[str, Any]:
        """cores: of the server's host. engine_cpu_s: processor seconds for each second of audio, of the pipeline alone."""
        run = self.confirmed
        tried = [{"streams": round(one.load.streams, 2), **one.facts()} for one in self.tries]
        if run is None:
            return {"capacity_streams": 0, "capacity_streams_per_core": 0, "final_seconds": {}, "engine_ratio": None, "tries": tried}
        cost = run.cpu_per_audio_s
        return {
            "capacity_streams": round(run.load.streams, 2),
            "capacity_streams_per_core": round(run.load.streams / cores, 2),
            "cores": cores,
            "engine_ratio": None if engine_cpu_s is None or cost is None else round(engine_cpu_s / cost, 3),
            "engine_cpu_seconds_per_audio_second": None if engine_cpu_s is None else round(engine_cpu_s, 5),
            **run.facts(),
            "tries": tried,
        }


def find_capacity(
    target: Target,
    load: Load,
    made: Sequence[Script],
    guess: float,
    limit_s: float,
    on_try: Callable[[float, float], None],
    clock: Callable[[], float] = time.monotonic,
    run: Callable[[Target, Load, Sequence[Script]], Run] = run_load,
) -> Capacity:
    """load: everything but its streams and duration. guess: streams to begin with. on_try: told streams and seconds before each run."""
    search, tries, over_s = Search(guess), list[Run](), clock() + limit_s

    def tried(streams: float, seconds: float) -> Run:
        on_try(streams, seconds)
        # Another seed each time: no load passes because of one lucky order of arrivals.
        tries.append(run(target, replace(load, streams=streams, duration_s=seconds, seed=load.seed + len(tries)), made))
        return tries[-1]

    while (streams := search.next()) is not None and clock() + TRY_S + CONFIRM_S + 2 * OVERHEAD_S < over_s:
        search.tell(streams, passed=tried(streams, TRY_S).passed)
    streams, confirmed, steps = search.largest_passed, None, [1, 1]
    while streams and confirmed is None and clock() + CONFIRM_S + OVERHEAD_S < over_s:
        last = tried(streams, CONFIRM_S)
        confirmed, streams = (last, streams) if last.passed else (None, streams * BACK_OFF ** steps[-2])
        steps.append(2 * steps[-1])
    return Capacity(confirmed, tuple(tries))
