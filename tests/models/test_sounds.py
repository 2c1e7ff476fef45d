"""Phones and letters as strings, and strings held against the audio."""

from __future__ import annotations

import numpy as np
import pytest

from models.pronounce.alphabet import encode
from models.records import CtcHead
from models.sounds import SoundHead
from tests.models.tiny import CHARACTERS, saying

PHONES = CtcHead("phones", 40, 5, 40, ("<blank>", "F", "IH", "SH", "SPN"))


def test_phones_are_heard_where_there_are_phones() -> None:
    logits = np.full((6, 45), -9, np.float32)
    for frame, symbol in enumerate([1, 1, 0, 2, 3, 4]):
        logits[frame, PHONES.first + symbol] = 9
    head = SoundHead([CHARACTERS, PHONES])
    heard = head.sounds(logits)
    assert (heard.head, heard.best_path, heard.log_probs.dtype) == ("phones", encode(("F", "IH", "SH")), np.float16)
    assert heard.blank_share == pytest.approx(1 / 6)
    assert heard.clarity == pytest.approx(0, abs=1e-6)
    fish, shin, fin = (encode(phones) for phones in (("F", "IH", "SH"), ("SH", "IH", "N"), ("F", "IH", "N")))
    scores = head.fit(heard.log_probs, [fish, shin, fin])
    assert scores[0] == pytest.approx(0, abs=0.01)
    assert scores[1] < -5
    assert scores[2] == pytest.approx(0, abs=0.01)  # the head has no N: nothing is said against it


def test_sounds_that_the_model_is_not_sure_of_are_less_clear() -> None:
    logits = np.full((4, 45), -99, np.float32)
    logits[:, PHONES.first : PHONES.first + 5] = 0
    logits[:2, PHONES.first + 1] = np.log(4)  # half of the probability
    logits[2:, PHONES.first] = 9
    assert SoundHead([PHONES]).sounds(logits).clarity == pytest.approx(np.log(0.5), abs=1e-4)
    assert SoundHead([PHONES]).sounds(logits[2:]).clarity == 0


def test_without_phones_letters_are_heard() -> None:
    head = SoundHead([CHARACTERS])
    heard = head.sounds(saying("fish pie"))
    assert (heard.head, heard.best_path) == ("characters", "fish pie")
    scores = head.fit(heard.log_probs, ["fish pie", "pie", "pip"])
    assert scores[:2] == pytest.approx(0, abs=0.01)
    assert scores[2] < -1
