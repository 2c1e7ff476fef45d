"""A mixture gives the weighted mean of what its models give, in every context."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.lm.backoff import MARKS
from models.lm.corpus import Sentence
from models.lm.mixture import interpolate, mix
from tests.models.lm.small import HISTORY, SENTENCES, SHOPPING, WORDS, distribution, model_of

RECIPES = (*MARKS, "milk", "paella")


@given(SENTENCES, SENTENCES, HISTORY, st.booleans(), st.sampled_from([1, 2, 4]))
@settings(max_examples=40, deadline=None)
def test_a_mixture_is_a_distribution(first: list[Sentence], second: list[Sentence], history: list[int], by_context: bool, order: int) -> None:
    mixed = mix([model_of(first, 3), model_of(second, order)], [0.7, 0.3], by_context=by_context)
    assert distribution(mixed, history).sum() == pytest.approx(1)


@given(SENTENCES, SENTENCES, st.floats(0.05, 0.95))
@settings(max_examples=40, deadline=None)
def test_ngrams_of_either_get_the_weighted_mean(first: list[Sentence], second: list[Sentence], weight: float) -> None:
    base, addition = model_of(first, 2), model_of(second, 2)
    mixed = interpolate(base, addition, weight)
    for context, token in zip(mixed.levels[2].context, mixed.levels[2].token, strict=True):
        history = [] if context == 0 else [int(context)]
        theirs, ours, together = (distribution(model, history)[token] for model in (base, addition, mixed))
        assert together == pytest.approx((1 - weight) * theirs + weight * ours)


def test_a_model_mixed_with_itself_stays_what_it_is() -> None:
    model = model_of(SHOPPING, 4)
    for by_context in (False, True):
        again = mix([model, model], [1, 3], by_context=by_context)
        for level, same in zip(model.levels, again.levels, strict=True):
            for column in ("context", "shorter", "token", "probability", "frequency"):
                assert getattr(same, column) == pytest.approx(getattr(level, column))
            assert same.backoff == pytest.approx(level.backoff, abs=1e-6)


def test_words_of_either_model_are_words_of_the_mixture() -> None:
    base, addition = model_of(SHOPPING), model_of([("milk", "paella")] * 3, 2, RECIPES)
    mixed = interpolate(base, addition, 0.25)
    assert mixed.words == (*WORDS, "paella")
    after_milk = distribution(mixed, [WORDS.index("milk")])
    assert after_milk[-1] == pytest.approx(0.25 * distribution(addition, [RECIPES.index("milk")])[-1])
    assert after_milk.sum() == pytest.approx(1)


def test_a_text_is_asked_about_the_contexts_it_knows() -> None:
    """Of two texts only one has "milk": what follows it there follows it in the mixture, however small the text's weight."""
    knows, knows_not = model_of([("milk", "list")] * 5, 2), model_of([("add", "the", "to")] * 5, 2)
    milk, then = WORDS.index("milk"), WORDS.index("list")
    asked, heeded_not = (mix([knows, knows_not], [0.1, 0.9], by_context=by_context) for by_context in (True, False))
    assert distribution(asked, [milk])[then] == pytest.approx(distribution(knows, [milk])[then])
    assert distribution(heeded_not, [milk])[then] < 0.2
