"""A model fits its size, whatever the size, or is refused."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from models.lm.arpa import from_arpa
from models.lm.backoff import MARKS
from models.lm.build import Recipe, build, fit_size, vocabulary
from models.lm.corpus import Sentence, encode
from models.pronounce.pronouncer import english
from protos.errors import ConfigurationError
from tests.models.lm.small import SHOPPING, WORDS, model_of


def chatter(sentences: int) -> list[Sentence]:
    random = np.random.default_rng(1)
    return [tuple(WORDS[word] for word in random.integers(3, len(WORDS), 8)) for _ in range(sentences)]


@pytest.mark.parametrize("max_bytes", [1_000, 2_000, 4_000])
def test_a_pruned_model_fills_its_size_and_no_more(max_bytes: int) -> None:
    model, packed = fit_size(model_of(chatter(500), 4), max_bytes, lambda _: None)
    assert 0.9 * max_bytes < len(packed) <= max_bytes
    assert from_arpa(gzip.decompress(packed).decode()).sizes == model.sizes


def test_a_small_model_is_not_pruned() -> None:
    whole = model_of(SHOPPING, 4)
    assert fit_size(whole, 10**6, lambda _: None)[0].sizes == whole.sizes


def test_words_that_alone_are_too_many_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="8 words do not fit 0.00 MB"):
        fit_size(model_of(SHOPPING), 50, lambda _: None)


def test_texts_become_one_model_of_the_recipe() -> None:
    told: list[str] = []
    model, packed = build([SHOPPING, [("add", "tomato")]], [0.8, 0.2], english(), Recipe(order=3), told.append)
    assert model.order == 3
    assert "tomato" in model.words
    assert told[0] == "9 words"
    again = build([SHOPPING, [("add", "tomato")]], [4, 1], english(), Recipe(order=3), told.append)
    assert again[1] == packed


def test_a_text_of_small_weight_is_heard_about_what_it_alone_knows() -> None:
    model, _ = build([[("milk", "list")] * 5, [("add", "the", "to")] * 5], [0.1, 0.9], english(), Recipe(), lambda _: None)
    assert model.probabilities(encode([("milk", "list")], model.words))[2] > 0.5


def test_a_finished_model_brings_its_words_and_what_it_knows() -> None:
    spoken = model_of([("add", "milk")] * 9, words=(*MARKS, "add", "milk", "xqz"))
    model, _ = build([[("the", "list")] * 3, spoken], [0.5, 0.5], english(), Recipe(order=3), lambda _: None)
    assert model.words == (*MARKS, "add", "list", "milk", "the")
    assert model.probabilities(encode([("add", "milk")], model.words))[2] > 0.5


def test_of_too_many_words_those_stay_that_the_parts_say_most_by_their_weights() -> None:
    parts = [[("milk", "tomato")] * 3, [("milk", "list"), ("milk", "milk")], model_of([("add",) * 9])]
    for most, weights, expected in [(2, [9, 1, 1], {"milk", "tomato"}), (2, [0.1, 9, 1], {"milk", "list"}), (2, [0.1, 1, 9], {"milk", "add"})]:
        assert set(vocabulary(parts, weights, english(), Recipe(max_words=most))) == {*MARKS, *expected}
