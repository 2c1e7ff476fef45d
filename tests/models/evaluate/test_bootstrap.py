"""Intervals follow speakers: alike speakers leave no doubt, more speakers leave less."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.evaluate.bootstrap import interval, resampled_rates


@given(st.integers(1, 20), st.integers(1, 5), st.integers(0, 9))
@settings(max_examples=30, deadline=None)
def test_speakers_who_are_alike_leave_no_doubt(speakers: int, each: int, errors: int) -> None:
    names = [f"s{index}" for index in range(speakers) for _ in range(each)]
    assert interval(resampled_rates([errors] * len(names), [10] * len(names), names)) == pytest.approx((errors / 10, errors / 10))


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(1, 10)), min_size=2, max_size=30))
@settings(max_examples=30, deadline=None)
def test_rates_stay_between_the_best_and_the_worst_speaker(utterances: list[tuple[int, int]]) -> None:
    errors, lengths = zip(*utterances, strict=True)
    rates = resampled_rates(errors, lengths, [str(index) for index in range(len(utterances))])
    single = np.array(errors) / np.array(lengths)
    assert single.min() - 1e-9 <= rates.min() <= rates.max() <= single.max() + 1e-9


def test_utterances_of_one_speaker_are_drawn_together() -> None:
    errors, lengths = [0] * 50 + [10] * 50, [10] * 100
    own = interval(resampled_rates(errors, lengths, [str(index) for index in range(100)]))
    two = interval(resampled_rates(errors, lengths, ["good"] * 50 + ["bad"] * 50))
    assert two == (0, 1)
    assert 0.35 < own[0] < 0.5 < own[1] < 0.65


def test_more_speakers_narrow_it() -> None:
    random = np.random.default_rng(3)
    widths = []
    for speakers in (10, 1000):
        low, high = interval(resampled_rates(random.integers(0, 10, speakers), [10] * speakers, [str(index) for index in range(speakers)]))
        widths.append(high - low)
    assert widths[1] < widths[0] / 5


def test_systems_are_judged_on_the_same_draws() -> None:
    speakers = [str(index) for index in range(9)]
    hard = np.arange(9)
    one, other = resampled_rates([hard, hard + 1], [10] * 9, speakers)
    np.testing.assert_allclose(other - one, 0.1)
