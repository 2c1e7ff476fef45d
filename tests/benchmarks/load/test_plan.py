"""Plans and reports go between processes without change."""

from __future__ import annotations

from pathlib import Path

from benchmarks.load.arrivals import Visit
from benchmarks.load.outcomes import OK, Outcome
from benchmarks.load.plan import Plan, Told, WayIn
from benchmarks.load.script import Recording


def test_a_plan_comes_out_as_it_went_in() -> None:
    way_in = WayIn.of("h:1", True, Path("ca.pem"), None, None, Path("token"))
    plan = Plan(way_in, (Recording("a.flac", "soup"),), (Visit(0, 1.5, 0), Visit(-1, 2.0, 0)), True, False, 0.1, 0.01, "films", 5.0, 7)
    assert Plan.from_json(plan.to_json()) == plan


def test_what_a_generator_tells_comes_out_as_it_went_in() -> None:
    outcome = Outcome(1, 2, 3.0, 4.0, 5.0, OK, 0.1, 0.2, 0.3, "soup", True, 1, 0.0, {"infer": 0.1})
    told = Told((outcome,), 2, ("the server went away",), 0.5)
    assert Told.from_json(told.to_json()) == told
