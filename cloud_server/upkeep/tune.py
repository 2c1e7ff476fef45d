"""How many workers recognise most on this machine: tries some numbers through the server's own pool and pipes. Prints nothing."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cloud_server.schedule import Schedule
from cloud_server.upkeep.babble import babble
from cloud_server.worker_process import RecogniserSpec
from cloud_server.workers import WorkerPool
from protos.errors import ConfigurationError
from protos.messages import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ, Priority, Segment

CLIP_S, CLIPS = 3.0, 6
AS_GOOD = 0.97
"""Of the best: fewer workers leave memory and caches to others."""
ALWAYS_BUSY = 2
"""Segments that wait or are heard, for each worker."""
QUEUE_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Tried:
    workers: int
    audio_per_s: float
    """Seconds of audio recognised in a second."""
    alone_s: float
    """One segment of CLIP_S, with nobody else there: the least that anybody waits."""


def candidates(usable_cores: float) -> list[int]:
    """One, half, all but one (for the event loop), all, one more."""
    cores = max(1, int(usable_cores))
    return sorted({1, max(1, cores // 2), max(1, cores - 1), cores, cores + 1})


def best(tried: Sequence[Tried]) -> Tried:
    """The fewest workers that are as good as the best. Raises: ConfigurationError: nothing was tried."""
    if not tried:
        raise ConfigurationError("no number of workers was tried")
    most = max(one.audio_per_s for one in tried)
    return next(one for one in sorted(tried, key=lambda one: one.workers) if one.audio_per_s >= AS_GOOD * most)


def warnings(tried: Sequence[Tried], usable_cores: float) -> list[str]:
    """What of these figures will hurt."""
    found, chosen, by_workers = list[str](), best(tried), {one.workers: one for one in tried}
    if chosen.workers > usable_cores:
        found.append(f"more workers than the {usable_cores:g} usable cores came out best: the machine was disturbed; measure again when it is quiet")
    one, all_cores = by_workers.get(1), by_workers.get(max(1, int(usable_cores)))
    if one and all_cores and all_cores.workers > 1:
        gain = all_cores.audio_per_s / one.audio_per_s / all_cores.workers
        if gain < 0.7:
            found.append(f"a core brings {gain:.0%} of what the first one does: hyper-threads, memory bandwidth or a neighbour hold them back")
    return found


async def try_workers(spec: RecogniserSpec, workers: int, seconds: float, clock: Callable[[], float] = time.perf_counter) -> Tried:
    """Raises: ConfigurationError: the recogniser cannot be built."""
    pool, segments = WorkerPool(spec, Schedule(QUEUE_S, workers)), [Segment(1, 0, babble(CLIP_S, seed)) for seed in range(CLIPS)]
    await pool.start()
    try:
        numbers = itertools.count()

        async def hear() -> float:
            number = next(numbers)
            segment, begin_s = segments[number % CLIPS], clock()
            audio_s = len(segment.pcm) / BYTES_PER_SAMPLE / SAMPLE_RATE_HZ
            await pool.recognize(("tune", number), segment, audio_s, Priority.LIVE, None, ())
            return clock() - begin_s

        alone_s = sorted([await hear() for _ in range(CLIPS)])[CLIPS // 2]
        begin_s, heard = clock(), 0

        async def hear_on() -> None:
            nonlocal heard
            while clock() - begin_s < seconds:
                await hear()
                heard += 1

        await asyncio.gather(*(hear_on() for _ in range(ALWAYS_BUSY * workers)))
        return Tried(workers, heard * CLIP_S / (clock() - begin_s), alone_s)
    finally:
        await pool.stop(0)
