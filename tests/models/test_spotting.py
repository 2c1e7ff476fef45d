"""Against every path there is; and what makes it spotting: anything may stand around the phrase."""

from __future__ import annotations

from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.ctc import log_softmax
from models.spotting import FLOOR, spot

BLANK = 0


def by_every_path(log_probs: np.ndarray, phrase: list[int]) -> float:
    """Best of all frame-by-frame labellings of all stretches that collapse to the phrase and begin and end with a symbol."""
    costs, best = log_probs - log_probs.max(1, keepdims=True), float(FLOOR)
    frames = range(len(log_probs))
    for first, last in product(frames, frames):
        for path in product(range(log_probs.shape[1]), repeat=max(0, last - first + 1)):
            if path and BLANK not in (path[0], path[-1]) and [symbol for symbol, _ in groupby(path) if symbol != BLANK] == phrase:
                best = max(best, float(sum(costs[first + at, symbol] for at, symbol in enumerate(path))))
    return best


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 5), st.lists(st.lists(st.integers(1, 2), max_size=3), min_size=1, max_size=4))
def test_it_finds_the_best_of_all_paths(seed: int, frames: int, phrases: list[list[int]]) -> None:
    log_probs = log_softmax(np.random.default_rng(seed).normal(0, 2, (frames, 3)).astype(np.float32))
    found = spot(log_probs, phrases, BLANK)
    for score, phrase in zip(found, phrases, strict=True):
        assert score == pytest.approx(by_every_path(log_probs, phrase) if phrase else FLOOR, abs=1e-3)


def test_a_phrase_inside_a_longer_utterance_costs_nothing() -> None:
    spoken = [3, 3, 0, 1, 0, 2, 2, 0, 2, 4, 0]
    logits = np.full((len(spoken), 5), -5, np.float32)
    logits[np.arange(len(spoken)), spoken] = 5
    scores = spot(log_softmax(logits), [[1, 2, 2], [3, 1], [1, 2], [2, 1], [4, 4]], BLANK)
    assert scores[:3] == pytest.approx(0, abs=1e-4)
    assert scores[3:].max() < -5


def test_nothing_heard_and_nothing_asked() -> None:
    assert spot(np.empty((0, 3), np.float32), [[1]], BLANK).tolist() == [FLOOR]
    assert spot(np.zeros((4, 3), np.float32), [], BLANK).shape == (0,)
    assert spot(np.zeros((2, 3), np.float32), [[1, 2, 1]], BLANK).tolist() == [FLOOR]
