"""The search for capacity, on servers whose capacity is known."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.load.capacity import CONFIRM_S, TRY_S, find_capacity
from benchmarks.load.outcomes import OK, SLO_FINAL_S, Outcome
from benchmarks.load.plan import WayIn
from benchmarks.load.run import Load, Run, Target
from benchmarks.load.script import Script

TARGET = Target(WayIn("127.0.0.1:1"), cores=2)


class Known:
    """A server that serves so many streams, for a long run or a short one."""

    def __init__(self, short: float, long: float) -> None:
        self.now_s, self._capacity = 0.0, {TRY_S: short, CONFIRM_S: long}
        self.seeds: list[int] = []

    def run(self, target: Target, load: Load, made: Sequence[Script]) -> Run:
        self.now_s += load.duration_s + 5
        self.seeds.append(load.seed)
        final_s = SLO_FINAL_S if load.streams <= self._capacity[load.duration_s] else 9.0
        audio_s = load.streams * load.duration_s
        outcome = Outcome(0, 0, audio_s, 0.0, 3.0, OK, None, final_s, final_s, "", False, 1)
        return Run(load, (outcome,), (), audio_s * 0.02, 0.0, load.duration_s, None, 0, (), 1)


def capacity_of(server: Known, limit_s: float = 600.0) -> dict[str, object]:
    found = find_capacity(TARGET, Load(1.0, 1.0), (), 20.0, limit_s, lambda *_: None, lambda: server.now_s, server.run)
    return found.facts(2, 0.015)


def test_what_is_found_passed_for_long_and_is_told_for_each_core() -> None:
    server = Known(33.0, 33.0)
    facts = capacity_of(server)
    assert 30.5 <= facts["capacity_streams"] <= 33.0  # type: ignore[operator]
    assert facts["capacity_streams_per_core"] == round(facts["capacity_streams"] / 2, 2)  # type: ignore[operator]
    assert facts["engine_ratio"] == 0.75
    assert len(set(server.seeds)) == len(server.seeds)


def test_luck_in_a_short_run_is_not_believed() -> None:
    assert 25.0 <= capacity_of(Known(33.0, 28.0))["capacity_streams"] <= 28.0  # type: ignore[operator]


def test_a_capacity_that_only_luck_had_is_left_far_behind_in_time() -> None:
    server = Known(33.0, 12.0)
    assert 5.0 <= capacity_of(server)["capacity_streams"] <= 12.0  # type: ignore[operator]
    assert server.now_s <= 600.0


def test_time_is_up_before_the_limit_and_what_is_unconfirmed_is_no_capacity() -> None:
    server = Known(33.0, 33.0)
    capacity_of(server)
    assert server.now_s <= 600.0
    server = Known(33.0, 33.0)
    assert capacity_of(server, 70.0)["capacity_streams"] == 0
    assert server.now_s <= 70.0
