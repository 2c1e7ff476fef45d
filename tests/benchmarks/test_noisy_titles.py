"""Mishearing that is as bad as it says, and the same every time."""

from __future__ import annotations

import random

import pytest

from benchmarks.noisy_titles import mishear, score_refusals, score_titles
from models.evaluate.counts import count


@pytest.mark.parametrize("error_rate", [0.0, 0.1, 0.3])
def test_the_share_of_changed_letters_is_the_one_asked_for(error_rate: float) -> None:
    text = "find me a recipe for slow roasted lamb with garlic and rosemary " * 40
    heard = mishear(text, error_rate, random.Random(1))
    assert count(text, heard).errors / len(text) == pytest.approx(error_rate, abs=0.03)


def test_scores_are_repeatable_and_fall_with_the_noise() -> None:
    first, again = (list(score_titles((0.0, 0.3), passes=1)) for _ in range(2))
    assert first == again
    assert first[0].first > first[1].first
    assert first[1].first <= first[1].top3 <= 1 - first[1].nothing


def test_sentences_about_nothing_in_the_catalogue_are_refused_more_often_than_titles() -> None:
    others = score_refusals(["what is the capital of mongolia", "set an alarm for seven", "zzz", "call my mother", "is it monday today"])
    titles = score_refusals(["pumpkin pie", "show me garlic shrimp", "pork dumplings"])
    assert (others.queries, titles.queries) == (5, 3)
    assert titles.refused == 0 < 0.5 < others.refused
