"""What passes, what fails, and that it says why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from models.evaluate.gate import Measured, judge
from tests.models.evaluate.made import speakers

SAME = [*speakers(3, "cv"), *speakers(4, "l2_child")]
MEASURED = Measured(
    new=SAME,
    old=SAME,
    floating=SAME,
    speed_ratio=1.0,
    invariant=True,
    parameters=10_300_000,
    package_bytes=13_000_000,
    bundle_bytes=33_000_000,
)
AGAINST = "0" * 64


def failures(measured: Measured) -> list[str]:
    verdict = judge(measured, AGAINST)
    failed = [check.name for check in verdict.checks if not check.passed]
    assert verdict.passed == (not failed)
    assert verdict.against == AGAINST
    return failed


def test_the_same_again_passes() -> None:
    assert failures(MEASURED) == []


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({"new": [*speakers(4, "cv"), *speakers(4, "l2_child")]}, ["WER", "WER cv", "INT8 loss"]),
        ({"new": [*speakers(1, "cv"), *speakers(5, "l2_child")], "floating": [*speakers(1, "cv"), *speakers(5, "l2_child")]}, ["WER l2_child"]),
        ({"new": [*speakers(2, "cv"), *speakers(4, "l2_child")], "floating": [*speakers(2, "cv"), *speakers(4, "l2_child")]}, []),
        ({"floating": [*speakers(2, "cv"), *speakers(4, "l2_child")]}, ["INT8 loss"]),
        ({"speed_ratio": 0.89}, ["speed"]),
        ({"invariant": False}, ["invariance"]),
        ({"new": [*speakers(3, "cv", confidence=0.64), *speakers(4, "l2_child")]}, []),
        ({"new": [*speakers(3, "cv", confidence=0.9), *speakers(4, "l2_child")]}, ["calibration", "word calibration"]),
        ({"parameters": 16_000_001}, ["parameters"]),
        ({"package_bytes": 40_000_001, "bundle_bytes": 60_000_001}, ["package size", "bundle size"]),
    ],
)
def test_each_limit(changes: dict[str, Any], failed: list[str]) -> None:
    assert failures(replace(MEASURED, **changes)) == failed


def test_a_gain_that_rests_on_one_speaker_is_not_believed() -> None:
    """Worse for one voice of three by much: the mean is within the limit, the interval is not."""
    old = [*speakers(3, "cv", 30)]
    new = [*old[:-1], *speakers(5, "cv", 30)[-1:]]
    assert failures(replace(MEASURED, old=old, new=new, floating=new)) == ["WER", "WER cv"]


def test_a_check_tells_its_figure_and_its_limit() -> None:
    details = {check.name: check.detail for check in judge(replace(MEASURED, speed_ratio=0.5), AGAINST).checks}
    assert details["speed"] == "0.5 times the old bundle's audio seconds a second, at least 0.9"
    assert details["WER cv"] == "+0.00% (+0.00% to +0.00%), at most +1.50%"
