"""Estimates as one computes them by hand, as nltk has them, and as distributions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from nltk.lm import KneserNeyInterpolated

from models.lm.backoff import END, MARKS
from models.lm.corpus import Sentence, encode
from models.lm.kneser_ney import count_ngrams, fit, modified_discounts
from tests.models.lm.small import HISTORY, SENTENCES, SHOPPING, WORDS, distribution, model_of

ABC = (*MARKS, "a", "b", "c")
HALF, QUARTER, NOTHING = ((taken,) * 3 for taken in (0.5, 0.25, 0.0))


def test_bigrams_are_as_by_hand() -> None:
    """Of "a b" twice and "a c": of 5 pairs one ends in each of a, b, c and two in the end; after a, b comes twice and c once."""
    model = fit(encode([("a", "b"), ("a", "b"), ("a", "c")], ABC), ABC, 2, [NOTHING, HALF])
    after_a = distribution(model, [ABC.index("a")])
    shared = 2 * 0.5 / 3
    assert dict(zip(ABC, after_a, strict=True)) == pytest.approx(
        {"<s>": 0, "</s>": shared * 2 / 5, "<unk>": 0, "a": shared / 5, "b": 1.5 / 3 + shared / 5, "c": 0.5 / 3 + shared / 5}
    )


def test_what_single_words_are_discounted_goes_to_every_word_alike() -> None:
    model = fit(encode([("a", "b"), ("a", "b"), ("a", "c")], ABC), ABC, 2, [QUARTER, HALF])
    freed = 4 * 0.25 / 5
    assert model.levels[1].probability == pytest.approx([0, 1.75 / 5 + freed / 5, freed / 5, *[0.75 / 5 + freed / 5] * 3])


def test_discounts_are_as_by_hand() -> None:
    counts = np.array([0, 1, 1, 1, 1, 2, 2, 3, 4])
    assert modified_discounts(counts) == pytest.approx([0, 1 - 2 * 0.5 * 2 / 4, 2 - 3 * 0.5 / 2, 3 - 4 * 0.5])


@pytest.mark.parametrize("order", [2, 3, 4])
def test_one_discount_gives_what_nltk_gives(order: int) -> None:
    discount = 0.75
    model = fit(encode(SHOPPING, WORDS), WORDS, order, [NOTHING, *[(discount,) * 3] * (order - 1)])
    theirs = KneserNeyInterpolated(order, discount=discount)
    padded = [("<s>", *sentence, "</s>") for sentence in SHOPPING]
    ngrams = [[line[at : at + length] for length in range(1, order + 1) for at in range(len(line) - length + 1)] for line in padded]
    theirs.fit(ngrams, vocabulary_text=list(WORDS))
    contexts = {line[at : at + order - 1] for line in padded for at in range(len(line) - order + 1)}
    for context in contexts:
        history = [WORDS.index(word) for word in context[1:]] if context[0] == "<s>" else None
        if history is not None:
            ours = distribution(model, history)
            expected = [theirs.score(word, context) for word in WORDS[3:]]
            assert ours[3:] == pytest.approx(expected), context


@given(SENTENCES, HISTORY)
@settings(max_examples=50, deadline=None)
def test_what_may_follow_is_a_distribution(sentences: list[Sentence], history: list[int]) -> None:
    for order in (1, 2, 4):
        assert distribution(model_of(sentences, order), history).sum() == pytest.approx(1)


def test_ngrams_do_not_run_from_one_sentence_into_the_next() -> None:
    levels = count_ngrams(encode([("a",), ("b",)], ABC), 2, len(ABC))
    pairs = {(ABC[context], ABC[token]) for context, token in zip(levels[2].context, levels[2].token, strict=True)}
    assert pairs == {("<s>", "a"), ("a", "</s>"), ("<s>", "b"), ("b", "</s>")}


def test_a_frequency_is_a_share_of_the_tokens() -> None:
    model = model_of([("add", "milk"), ("add",)], 2)
    assert model.levels[1].frequency[END] == pytest.approx(2 / 7)
    assert model.levels[0].frequency == pytest.approx([1])
