"""Frames -> the symbols of the best path."""

from __future__ import annotations

import numpy as np

from models.ctc import greedy_symbols, log_softmax


def test_log_softmax_is_a_distribution_whatever_the_size_of_the_logits() -> None:
    logits = np.array([[1e4, -1e4, 0.0], [3.0, 3.0, 3.0]], np.float32)
    np.testing.assert_allclose(np.exp(log_softmax(logits)).sum(axis=-1), 1, rtol=1e-6)


def test_no_frames_are_no_symbols() -> None:
    assert greedy_symbols(np.zeros((0, 4), np.float32), 0) == []


def test_a_run_of_equal_frames_is_one_symbol_and_a_blank_parts_two() -> None:
    path = [0, 2, 2, 1, 1, 0, 1, 0, 0]
    assert greedy_symbols(np.log(np.eye(3, dtype=np.float32)[path] + 0.1), 0) == [2, 1, 1]
