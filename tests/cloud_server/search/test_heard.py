"""What is worth a search."""

from __future__ import annotations

import numpy as np
import pytest

from cloud_server.search.heard import FEW_SYMBOLS, MAX_BLANK_SHARE, MIN_CLARITY, MIN_CONFIDENCE, Heard
from models.records import Sounds
from protos.messages import Hypothesis


def heard(text: str, symbols: int, confidence: float, clarity: float, blank_share: float = 0.5) -> Heard:
    return Heard((Hypothesis(text, confidence),), Sounds("phones", "a" * symbols, np.empty((0, 0), np.float16), blank_share, clarity))


@pytest.mark.parametrize(
    ("confidence", "clarity", "blank_share", "is_speech"),
    [
        (MIN_CONFIDENCE, -9.0, 1.0, True),
        (0.0, MIN_CLARITY, 0.5, True),
        (0.0, MIN_CLARITY, MAX_BLANK_SHARE, False),
        (MIN_CONFIDENCE - 0.01, MIN_CLARITY - 0.01, 0.5, False),
    ],
)
def test_neither_many_clear_sounds_nor_words_that_are_trusted_are_noise(
    confidence: float, clarity: float, blank_share: float, is_speech: bool
) -> None:
    assert heard("tea with milk", FEW_SYMBOLS, confidence, clarity, blank_share).is_speech is is_speech


@pytest.mark.parametrize(
    ("text", "symbols", "is_speech"),
    [("the", FEW_SYMBOLS - 1, False), ("tea", 2, True), ("find me a", FEW_SYMBOLS, True)],
)
def test_a_few_sounds_that_name_nothing_are_noise(text: str, symbols: int, is_speech: bool) -> None:
    assert heard(text, symbols, 0.9, -0.1).is_speech is is_speech


def test_words_that_somebody_typed_are_always_worth_it() -> None:
    assert Heard((Hypothesis("tea", 0.0),)).is_speech
    assert not Heard(()).is_speech
