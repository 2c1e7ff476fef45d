"""The forward sum against every alignment, one by one."""

from __future__ import annotations

from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ctc import log_softmax
from models.decode.ctc_score import ctc_log_probs

SYMBOLS = 3
texts = st.lists(st.integers(1, SYMBOLS - 1), max_size=4)


def one_by_one(log_probs: np.ndarray, text: list[int]) -> float:
    paths = product(range(SYMBOLS), repeat=len(log_probs))
    spelling = (path for path in paths if [symbol for symbol, _ in groupby(path) if symbol] == text)
    return float(sum(np.exp(sum(log_probs[frame, symbol] for frame, symbol in enumerate(path))) for path in spelling))


@given(st.integers(1, 6), st.lists(texts, min_size=1, max_size=4), st.integers(0, 100))
def test_it_is_the_sum_over_all_alignments(frames: int, asked: list[list[int]], seed: int) -> None:
    log_probs = log_softmax(np.random.default_rng(seed).normal(0, 2, (frames, SYMBOLS)).astype(np.float32))
    given_probabilities = np.exp(ctc_log_probs(log_probs, asked, 0))
    np.testing.assert_allclose(given_probabilities, [one_by_one(log_probs, text) for text in asked], rtol=1e-4, atol=1e-30)


def test_a_text_is_scored_alike_alone_and_beside_longer_ones() -> None:
    log_probs = log_softmax(np.random.default_rng(1).normal(0, 3, (40, 9)).astype(np.float32))
    asked = [[1], [1, 2, 3, 4], [5, 5, 5], [], [8] * 15]
    np.testing.assert_allclose(ctc_log_probs(log_probs, asked, 0), [ctc_log_probs(log_probs, [text], 0)[0] for text in asked], rtol=1e-9)


def test_long_inputs_neither_vanish_nor_overflow() -> None:
    log_probs = log_softmax(np.random.default_rng(1).normal(0, 3, (1500, 40)).astype(np.float32))
    (score,) = ctc_log_probs(log_probs, [[1 + index % 39 for index in range(300)]], 0)
    assert -1e5 < score < -1000


def test_what_the_frames_cannot_spell_is_out_of_the_question() -> None:
    log_probs = log_softmax(np.zeros((3, SYMBOLS), np.float32))
    assert (ctc_log_probs(log_probs, [[1, 1, 1], [1, 2, 1, 2]], 0) < -600).all()


@pytest.mark.parametrize("asked", [[], [[]], [[], []]])
def test_no_text_and_empty_texts_have_their_scores(asked: list[list[int]]) -> None:
    log_probs = log_softmax(np.zeros((2, SYMBOLS), np.float32))
    np.testing.assert_allclose(ctc_log_probs(log_probs, asked, 0), np.full(len(asked), -2 * np.log(3)), rtol=1e-6)
