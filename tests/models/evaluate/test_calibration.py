"""Calibration error by hand and against what chance gives."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluate.calibration import bins, calibration_error, chance_error, of_readings, of_words
from tests.models.evaluate.made import utterance


@pytest.mark.parametrize(("confidence", "right", "error"), [([0.5], [0.5], 0.0), ([1.0], [0.0], 1.0), ([0.2, 0.9], [0, 1], 0.15), ([], [], 0.0)])
def test_the_error_is_the_distance_of_confidence_from_what_came_true(confidence: list[float], right: list[float], error: float) -> None:
    assert calibration_error(bins(confidence, right)) == pytest.approx(error)


def test_neighbours_in_confidence_are_judged_together_whatever_their_order() -> None:
    random = np.random.default_rng(1)
    order = random.permutation(30)
    confidence, right = np.repeat([0.1, 0.5, 0.9], 10)[order], np.repeat([0.3, 0.5, 0.8], 10)[order]
    found = bins(confidence, right, 3)
    assert [(one.size, round(one.confidence, 6), round(one.right, 6)) for one in found] == [(10, 0.1, 0.3), (10, 0.5, 0.5), (10, 0.9, 0.8)]
    assert calibration_error(found) == pytest.approx(0.1)


def test_bins_hold_equally_many() -> None:
    assert sorted(one.size for one in bins(np.linspace(0, 1, 100), np.ones(100))) == [6] * 5 + [7] * 10


def test_chance_alone_gives_what_chance_error_says() -> None:
    random = np.random.default_rng(1)
    found = []
    for _ in range(50):
        confidence = random.uniform(0, 1, 600)
        found.append(bins(confidence, random.uniform(0, 1, 600) < confidence))
    assert np.mean([calibration_error(one) for one in found]) == pytest.approx(np.mean([chance_error(one) for one in found]), rel=0.1)


def test_readings_are_judged_by_their_accuracy_and_words_by_whether_they_are_right() -> None:
    heard = [utterance(errors=4, length=10, confidence=0.6), utterance(errors=4, length=10, confidence=0.6)]
    assert calibration_error(of_readings(heard)) == pytest.approx(0)
    assert [one.size for one in of_words(heard)].count(1) == 10
    assert sum(one.right * one.size for one in of_words(heard)) == pytest.approx(12)


def test_alternatives_count_only_where_they_are_asked_for() -> None:
    both = utterance(alternatives=3)
    assert len(of_readings([both])) == 1
    assert len(of_readings([both], best_only=False)) == 3
    assert sum(one.size for one in of_words([both], best_only=False)) == 30
