"""Probabilities of a text are those of one step after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from models.lm.backoff import ABSENT, BackoffModel, backoff_weights, find
from models.lm.corpus import Sentence, encode
from tests.models.lm.small import SENTENCES, SHOPPING, WORDS, model_of


def one_step(model: BackoffModel, history: list[int], token: int) -> float:
    """By the definition, and slowly."""
    tables = [{(): 0}]
    for level in model.levels[1:]:
        names = {place: name for name, place in tables[-1].items()}
        tables.append({(*names[int(context)], int(last)): at for at, (context, last) in enumerate(zip(level.context, level.token, strict=True))})
    weight = 1.0
    for context in (tuple(history[at:]) for at in range(max(0, len(history) - model.order + 1), len(history) + 1)):
        if (*context, token) in tables[len(context) + 1]:
            return weight * float(model.levels[len(context) + 1].probability[tables[len(context) + 1][*context, token]])
        if context in tables[len(context)]:
            weight *= float(model.levels[len(context)].backoff[tables[len(context)][context]])
    return 0.0


@given(SENTENCES, SENTENCES)
@settings(max_examples=40, deadline=None)
def test_a_text_has_the_probabilities_of_its_steps(trained_on: list[Sentence], asked: list[Sentence]) -> None:
    model = model_of(trained_on)
    expected = []
    for sentence in asked:
        tokens = encode([sentence], WORDS).tolist()
        expected += [0.0, *(one_step(model, tokens[:at], tokens[at]) for at in range(1, len(tokens)))]
    assert model.probabilities(encode(asked, WORDS)) == pytest.approx(expected)


def test_a_model_tells_its_order_and_sizes() -> None:
    model = model_of([("add", "milk")], 2)
    assert (model.order, model.sizes) == (2, (len(WORDS), 3))


def test_find_tells_what_is_not_there() -> None:
    assert find(np.array([2, 5, 9]), np.array([9, 1, 5, 10])).tolist() == [2, ABSENT, 1, ABSENT]
    assert find(np.array([], np.int64), np.array([3])).tolist() == [ABSENT]


def test_weights_leave_the_rest_to_the_shorter_context() -> None:
    weights = backoff_weights(np.array([0, 0]), np.array([0.5, 0.2]), np.array([0.1, 0.4]), 2)
    assert weights == pytest.approx([0.3 / 0.5, 1])


def test_what_follows_in_the_text_is_likelier_than_what_does_not() -> None:
    model = model_of(SHOPPING)
    seen, unseen = (model.probabilities(encode([tuple(text.split())], WORDS))[2] for text in ("add milk", "add list"))
    assert seen > 2 * unseen
