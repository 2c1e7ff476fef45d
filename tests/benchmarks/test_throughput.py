"""From seconds of rounds to ratios."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.throughput import ENGINES, Round, agreement, ratio_to_best, spread, standings, turns

seconds_of_rounds = st.lists(st.floats(0.01, 100.0), min_size=1, max_size=20)


@given(st.integers(1, 8), st.integers(1, 20))
def test_every_engine_has_its_turn_once_a_round(engines: int, rounds: int) -> None:
    names = [str(number) for number in range(engines)]
    order = list(turns(names, rounds))
    for begin in range(0, len(order), engines):
        assert Counter(order[begin : begin + engines]) == Counter(names)
    assert len(order) == engines * rounds


def test_each_round_begins_with_another_engine() -> None:
    assert list(turns("abc", 3)) == list("abcbcacab")


@given(seconds_of_rounds)
def test_spread_is_numpys(values: list[float]) -> None:
    found = spread(values)
    assert (found.low, found.median, found.high) == pytest.approx(tuple(np.quantile(values, (0.25, 0.5, 0.75))))


@given(seconds_of_rounds, st.floats(0.1, 10.0))
def test_a_machine_that_slows_down_for_both_changes_no_ratio(ours: list[float], times: float) -> None:
    found = ratio_to_best(ours, [[times * mine for mine in ours]])
    assert (found.low, found.median, found.high) == pytest.approx((times,) * 3)


def test_the_rival_with_the_best_median_counts_not_the_one_with_the_best_round() -> None:
    steady, lucky = [2.0, 2.0, 2.0], [1.0, 9.0, 9.0]
    assert ratio_to_best([1.0, 1.0, 1.0], [lucky, steady]).median == 2.0


def test_rate_and_roof() -> None:
    seconds = {engine: [2.0, 2.0] for engine in ENGINES} | {"gemm": [4.0, 1.0]}
    found = standings(seconds, Round(audio_seconds=60.0, multiply_adds=500, roof_multiply_adds=1000))
    assert found["audio_seconds_per_second"].median == 30.0
    assert found["vnni_fraction"].median == 0.25, "against the roof's best round"
    assert {found[name].median for name in found if name.startswith("vs_")} == {1.0}


def test_agreement_counts_frames_not_clips() -> None:
    assert agreement([[1, 2, 3], [4]], [[1, 0, 0], [4]]) == 0.5
    with pytest.raises(ValueError, match="shorter"):
        agreement([[1, 2]], [[1]])
