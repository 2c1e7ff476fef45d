"""How well the audio itself fits given phrases: Viterbi over CTC log-probabilities, many at once. Pure numpy; T frames, V symbols of one head.

Keyword spotting: a phrase may begin and end at any frame, so a title inside a longer query counts. What lies outside costs nothing; inside, each
frame costs what its symbol lacks to the frame's best one. So 0 is a phrase that the model would have written itself, and the scores of phrases of one
segment may be held against each other, whatever its length and noise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.ctc import Logits

FLOOR = np.float32(-1e4)
Scores = npt.NDArray[np.float32]


def spot(log_probs: Logits, phrases: Sequence[Sequence[int]], blank: int) -> Scores:
    """(T, V) natural logarithms, symbols of each phrase -> (number of phrases,) float32: natural logarithm of the best path relative to the free one.

    A phrase with more symbols than fit into the frames, or with none, gets FLOOR.
    """
    lengths = np.array([len(phrase) for phrase in phrases], np.int64)
    best = np.full(len(phrases), FLOOR, np.float32)
    if not len(log_probs) or not lengths.any():
        return best
    symbols = _padded(phrases, int(lengths.max()), blank)
    costs = log_probs - log_probs.max(axis=1, keepdims=True)
    # States: symbol, blank, symbol, ... Blanks before the first and behind the last symbol would only cost.
    states = 2 * symbols.shape[1] - 1
    paths = np.full((len(phrases), states + 2), FLOOR, np.float32)
    """Two columns in front that stay at FLOOR, so that every state has two before it."""
    may_skip = np.where(symbols[:, 1:] != symbols[:, :-1], np.float32(0), FLOOR)
    last = np.maximum(2 * lengths - 2, 0) + 2
    rows = np.arange(len(phrases))
    for frame in costs:
        stepped = np.maximum(paths[:, 2:], paths[:, 1:-1])
        np.maximum(stepped[:, 2::2], paths[:, 2:-2:2] + may_skip, out=stepped[:, 2::2])
        np.maximum(stepped[:, 0], 0, out=stepped[:, 0])
        stepped[:, 0::2] += frame[symbols]
        stepped[:, 1::2] += frame[blank]
        paths[:, 2:] = stepped
        np.maximum(best, paths[rows, last], out=best)
    best[lengths == 0] = FLOOR
    return np.maximum(best, FLOOR)


def _padded(phrases: Sequence[Sequence[int]], width: int, blank: int) -> npt.NDArray[np.int64]:
    """(phrases, width): ends that no phrase reads are filled with blank."""
    symbols = np.full((len(phrases), width), blank, np.int64)
    for row, phrase in zip(symbols, phrases, strict=True):
        row[: len(phrase)] = phrase
    return symbols
