"""The best path as a reading; against a slow decoder: tests/models/test_ctc.py."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.ctc import greedy_hypothesis, log_softmax
from models.decode.greedy import greedy
from models.records import CtcHead
from tests.models.tiny import CHARACTERS, CLOCK, saying

SMALL = CtcHead("small", 0, 4, 0, ("<blank>", "|", "a", "b"))


@given(arrays(np.float32, st.tuples(st.integers(1, 25), st.just(4)), elements=st.integers(-6, 6).map(float)))
def test_it_reads_what_the_best_path_says(logits: np.ndarray) -> None:
    best = greedy_hypothesis(logits, SMALL, CLOCK, 0, 10**6)
    readings = greedy(log_softmax(logits), SMALL)
    assert [" ".join(reading.words) for reading in readings] == ([best.transcript] if best else [])
    assert all(reading.acoustic_log_prob == pytest.approx(best.log_prob) for reading in readings if best)


def test_a_words_symbols_are_its_letters() -> None:
    (reading,) = greedy(log_softmax(saying("ab  c")[:, CHARACTERS.first :]), CHARACTERS)
    assert reading.words == ("ab", "c")
    assert reading.symbols == ((3, 4), (5,))
