"""The best path as a reading, against a decoder written the slow way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.ctc import log_softmax
from models.decode.greedy import greedy
from models.records import CtcHead
from tests.models.tiny import CHARACTERS, saying

SMALL = CtcHead("small", 0, 4, 0, ("<blank>", "|", "a", "b"))


def naive_text(logits: np.ndarray, head: CtcHead) -> str:
    text, previous = "", head.blank
    for frame in logits:
        symbol = int(np.argmax(frame))
        if symbol not in (previous, head.blank):
            text += " " if head.tokens[symbol] == head.word_end else head.tokens[symbol]
        previous = symbol
    return " ".join(text.split())


def read(text: str, sharpness: float = 9.0) -> list[str]:
    return [" ".join(one.words) for one in greedy(log_softmax(saying(text, sharpness=sharpness)[:, CHARACTERS.first :]), CHARACTERS)]


@given(arrays(np.float32, st.tuples(st.integers(1, 25), st.just(4)), elements=st.integers(-6, 6).map(float)))
def test_it_reads_what_the_slow_decoder_reads(logits: np.ndarray) -> None:
    readings = greedy(log_softmax(logits), SMALL)
    assert [" ".join(reading.words) for reading in readings] == [text for text in [naive_text(logits, SMALL)] if text]
    assert all(reading.acoustic_log_prob == pytest.approx(log_softmax(logits).max(axis=1).sum(), rel=1e-5) for reading in readings)


@pytest.mark.parametrize("text", ["a", "hello world", "o'clock", "letter to anna"])
def test_doubled_letters_stay_double_where_a_blank_parts_them(text: str) -> None:
    assert read(text) == [text]


@pytest.mark.parametrize("text", ["", " ", "   "])
def test_no_letters_are_no_reading(text: str) -> None:
    assert read(text) == []


def test_a_words_symbols_are_its_letters() -> None:
    (reading,) = greedy(log_softmax(saying("ab  c")[:, CHARACTERS.first :]), CHARACTERS)
    assert reading.words == ("ab", "c")
    assert reading.symbols == ((3, 4), (5,))


def test_log_prob_is_the_sum_over_the_best_path() -> None:
    (reading,) = greedy(log_softmax(saying("ab", sharpness=2.0)[:, CHARACTERS.first :]), CHARACTERS)
    of_one_frame = np.log(np.exp(2) / (np.exp(2) + CHARACTERS.size - 1))
    assert reading.acoustic_log_prob == pytest.approx(4 * of_one_frame, rel=1e-4)
