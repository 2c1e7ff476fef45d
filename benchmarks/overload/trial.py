"""The trials: as much as can be heard, ten times as much, calm again; and one tenant of six who asks for ten times what it did."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from benchmarks.overload.cpu import cpu_s
from benchmarks.overload.crowd import AUDIO_S, joined
from benchmarks.overload.server_process import ServerOptions, overwhelmed
from benchmarks.overload.verdict import Asked, Phases, broken, fairness, figures, peak_s_per_s, unfair

AT_ONCE = (4, 16)
"""Who speak at once when the peak is measured: the better of these."""
CALM_LOAD = 0.5
TENANTS = tuple(f"tenant-{number}" for number in range(6))
LOUD = TENANTS[0]
FAIR_LOAD = 0.3
"""Of six tenants together. The loud one then asks for half of what there is."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Seconds of each phase."""

    peak_s: float = 10.0
    calm_s: float = 10.0
    flood_s: float = 60.0
    after_s: float = 15.0
    fair_s: float = 30.0
    """Of each turn: calm and loud take turns."""
    fair_turns: int = 3
    factor: float = 10.0
    max_people: int = 256
    seed: int = 1


@contextmanager
def pinned(cores: set[int]) -> Iterator[None]:
    """This process on these cores; empty: as it is."""
    before = os.sched_getaffinity(0)
    if cores:
        os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def two_cores() -> tuple[tuple[int, ...], set[int]]:
    """One core for the server, one for the generator; nothing where there are not two."""
    first, *others = sorted(os.sched_getaffinity(0))
    return ((first,), {others[0]}) if others else ((), set())


async def flooded(options: ServerOptions, plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Figures of one flood and the promises it broke, as `broken`."""
    server_cores, own_cores = two_cores()
    with pinned(own_cores):
        async with overwhelmed(replace(options, cores=server_cores)) as server, joined(server.address, plan.max_people, seed=plan.seed) as crowd:
            await crowd.prepare(max(AT_ONCE))
            await crowd.saturate(AT_ONCE[0], min(2.0, plan.peak_s))
            found_peak = max([peak_s_per_s(await crowd.saturate(at_once, plan.peak_s)) for at_once in AT_ONCE])
            await crowd.prepare(plan.max_people // 2)
            watch, peak = Watch(server.pid, say), found_peak / fmean(AUDIO_S)
            say(f"peak: {found_peak:.1f} s of audio a second")
            calm_rate, flood_rate = {"": peak * CALM_LOAD}, {"": peak * plan.factor}
            phases = [(calm_rate, plan.calm_s), (flood_rate, plan.flood_s), (calm_rate, plan.after_s)]
            calm, flood, after = await crowd.play(phases, watch.phase)
    found = figures(Phases(found_peak, calm, flood, watch.begun_s[1], plan.flood_s, after))
    cores = {"server": list(server_cores), "generator": sorted(own_cores)}
    return {**found, "core_share": watch.shares(1), "cores": cores, "broken": broken(found)}


class Watch:
    """Which share of a core server and generator took in each phase. Near 1 it is the core that was measured, not the server's policy."""

    def __init__(self, server_pid: int, say: Callable[[str], None]) -> None:
        self._server_pid, self._say = server_pid, say
        self.begun_s: list[float] = []
        self._server_cpu_s: list[float] = []
        self._all_cpu_s: list[float] = []

    def phase(self, number: int) -> None:
        self._say(("calm", "flood", "calm again", "waiting for the last answers")[number])
        self.begun_s.append(time.monotonic())
        self._server_cpu_s.append(cpu_s(self._server_pid))
        self._all_cpu_s.append(cpu_s(os.getpid()))

    def shares(self, number: int) -> dict[str, float]:
        seconds = self.begun_s[number + 1] - self.begun_s[number]
        server, everything = ((cpu[number + 1] - cpu[number]) / seconds for cpu in (self._server_cpu_s, self._all_cpu_s))
        return {"server": round(server, 2), "generator": round(everything - server, 2)}


async def fair_shares(options: ServerOptions, plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """What five tenants notice of a sixth, and the promises that broke."""
    server_cores, own_cores = two_cores()
    options = replace(options, cores=server_cores, tenants=TENANTS)
    rate = options.capacity_s_per_s / fmean(AUDIO_S) * FAIR_LOAD / len(TENANTS)
    quiet, loud = list[Asked](), list[Asked]()
    with pinned(own_cores):
        # As many streams as a tenant may have.
        async with overwhelmed(options) as server, joined(server.address, 16, server.tokens, plan.seed) as crowd:
            for tenant in TENANTS:
                await crowd.prepare(16, tenant)
            for turn in range(plan.fair_turns):
                say(f"six tenants alike, then one of them {plan.factor:g} times: turn {turn + 1} of {plan.fair_turns}")
                crowd.seed = plan.seed + turn
                alike = dict.fromkeys(TENANTS, rate)
                for asked, rates in ((quiet, alike), (loud, {**alike, LOUD: rate * plan.factor})):
                    asked += (await crowd.play([(rates, plan.fair_s)]))[0]
    found = fairness(quiet, loud, LOUD)
    return {**found, "broken": unfair(found)}
