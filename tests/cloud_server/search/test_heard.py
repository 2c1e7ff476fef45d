"""What is worth a search."""

from __future__ import annotations

import numpy as np
import pytest

from cloud_server.search.heard import MIN_CONFIDENCE, MIN_SYMBOLS, Heard
from models.records import Sounds
from protos.messages import Hypothesis


def heard(symbols: int, confidence: float) -> Heard:
    return Heard((Hypothesis("the", confidence),), Sounds("phones", "a" * symbols, np.empty((0, 0), np.float16)))


@pytest.mark.parametrize(
    ("symbols", "confidence", "is_speech"),
    [(2, 0.16, False), (2, MIN_CONFIDENCE, True), (MIN_SYMBOLS, 0.1, True), (MIN_SYMBOLS - 1, MIN_CONFIDENCE - 0.01, False)],
)
def test_few_sounds_and_a_guess_that_is_not_trusted_are_noise(symbols: int, confidence: float, is_speech: bool) -> None:
    assert heard(symbols, confidence).is_speech is is_speech


def test_words_that_somebody_typed_are_always_worth_it() -> None:
    assert Heard((Hypothesis("tea", 0.0),)).is_speech
    assert not Heard(()).is_speech
