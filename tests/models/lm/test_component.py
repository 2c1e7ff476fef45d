"""A finished model with fewer words is still a distribution, and knows how often its n-grams are met."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.lm.arpa import from_arpa, to_arpa
from models.lm.backoff import END, START, UNKNOWN
from models.lm.component import restricted, with_frequencies
from models.lm.corpus import Sentence
from models.lm.mixture import mix
from models.lm.prune import keep_best, worths
from tests.models.lm.small import HISTORY, SENTENCES, SHOPPING, WORDS, distribution, model_of


@given(SENTENCES, st.sets(st.sampled_from(WORDS[3:])), HISTORY)
@settings(max_examples=40, deadline=None)
def test_what_is_left_of_a_model_sums_to_one_after_any_history(sentences: list[Sentence], words: set[str], history: list[int]) -> None:
    left = restricted(model_of(sentences), words)
    assert set(left.words[3:]) == words
    known = [token for token in history if token < len(left.words)]
    assert distribution(left, known).sum() == pytest.approx(1, abs=1e-6)


def test_what_a_word_had_goes_to_the_unknown_word() -> None:
    whole = model_of(SHOPPING)
    left = restricted(whole, set(WORDS[3:]) - {"milk"})
    milk = whole.levels[1].probability[WORDS.index("milk")]
    assert left.levels[1].probability[UNKNOWN] == pytest.approx(whole.levels[1].probability[UNKNOWN] + milk)
    assert not any("milk" in line for line in to_arpa(left).splitlines())
    assert any("add\tmilk" in line or "add milk" in line for line in to_arpa(whole).splitlines())


def test_a_model_keeps_all_that_has_only_wanted_words() -> None:
    whole = model_of(SHOPPING)
    assert restricted(whole, set(WORDS)).sizes == whole.sizes


def test_an_ngram_is_met_as_often_as_its_context_and_then_its_word() -> None:
    model = with_frequencies(from_arpa(to_arpa(model_of(SHOPPING))))
    single, pairs = model.levels[1:3]
    assert single.frequency.sum() == pytest.approx(1)
    assert single.frequency[START] == single.frequency[END] > 0
    assert pairs.frequency == pytest.approx(single.frequency[pairs.context] * pairs.probability)
    assert 0 < pairs.frequency.sum() <= 1


def test_a_finished_model_can_be_mixed_by_context_and_pruned() -> None:
    finished = with_frequencies(restricted(from_arpa(to_arpa(model_of(SHOPPING))), set(WORDS)))
    mixed = mix([model_of([("add", "list")] * 3), finished], [0.5, 0.5], by_context=True)
    pruned = keep_best(mixed, worths(mixed), 10)
    assert sum(pruned.sizes[1:]) <= 10
    assert np.all(distribution(pruned, [WORDS.index("add")]) >= 0)
    assert distribution(pruned, [WORDS.index("add")]).sum() == pytest.approx(1, abs=1e-6)
