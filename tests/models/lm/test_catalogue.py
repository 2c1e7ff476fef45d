"""A catalogue's titles become likely, and the rest hardly less so."""

from __future__ import annotations

import numpy as np
import pytest

from models.lm.catalogue import WEIGHT, with_titles
from models.lm.corpus import encode
from models.pronounce.pronouncer import english
from protos.errors import ConfigurationError
from tests.models.lm.small import SHOPPING, model_of

TITLES = ["Gochujang Milk", "The List of Zorblat", "B"]


def test_rare_words_of_titles_join_the_words() -> None:
    words = with_titles(model_of(SHOPPING), TITLES, english()).words
    assert {"gochujang", "zorblat"} <= set(words)
    assert "b" not in words


def test_a_title_is_foretold_and_other_speech_loses_next_to_nothing() -> None:
    base = model_of(SHOPPING, 4)
    extended = with_titles(base, TITLES, english())
    title = extended.probabilities(encode([("the", "list", "of", "zorblat")], extended.words))[1:]
    assert title.min() > WEIGHT / 100
    before, after = (np.log10(model.probabilities(encode([("add", "milk")], model.words))[1:]) for model in (base, extended))
    assert np.all(after > before - 0.03)


@pytest.mark.parametrize("titles", [[], ["?", "b"]])
def test_a_catalogue_without_a_word_is_refused(titles: list[str]) -> None:
    with pytest.raises(ConfigurationError, match="no title"):
        with_titles(model_of(SHOPPING), titles, english())
