"""Pruning leaves a distribution in every context, takes what is worth least, and costs what it says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.lm.corpus import Sentence
from models.lm.mixture import mix
from models.lm.prune import keep_best, worths
from tests.models.lm.small import HISTORY, SENTENCES, SHOPPING, WORDS, distribution, model_of


@given(SENTENCES, SENTENCES, HISTORY, st.integers(0, 30))
@settings(max_examples=60, deadline=None)
def test_every_context_sums_to_one_after_pruning(first: list[Sentence], second: list[Sentence], history: list[int], ngrams: int) -> None:
    mixed = mix([model_of(first, 4), model_of(second, 4)], [0.6, 0.4], by_context=True)
    pruned = keep_best(mixed, worths(mixed), ngrams)
    assert sum(pruned.sizes[1:]) <= ngrams
    assert pruned.sizes[0] == len(WORDS)
    assert distribution(pruned, history).sum() == pytest.approx(1)


def test_with_room_for_all_nothing_goes() -> None:
    model = model_of(SHOPPING)
    assert keep_best(model, worths(model), 1000).sizes == model.sizes


def test_a_worth_is_the_divergence_that_dropping_it_makes() -> None:
    """Of the last length, where nothing leans on it: the distribution's divergence times the context's share of the text."""
    model = model_of(SHOPPING, 2)
    worth = worths(model)
    for place, (context, token) in enumerate(zip(model.levels[2].context, model.levels[2].token, strict=True)):
        history = [] if context == 0 else [int(context)]
        without = [np.zeros_like(level) for level in worth]
        without[1] += np.inf
        without[2] += 1
        without[2][place] = 0
        pruned = keep_best(model, [np.full_like(worth[0], np.inf), *without[1:]], len(worth[2]) - 1)
        before, after = (distribution(one, history)[1:] for one in (model, pruned))
        divergence = np.sum(before * np.log(before / after))
        assert worth[2][place] == pytest.approx(model.levels[1].frequency[context] * divergence, abs=1e-12), WORDS[token]


def test_a_needed_ngram_is_worth_at_least_what_needs_it() -> None:
    model = model_of(SHOPPING, 4)
    worth = worths(model)
    for length in (3, 4):
        for needed in (model.levels[length].context, model.levels[length].shorter):
            assert np.all(worth[length - 1][needed] >= worth[length])
