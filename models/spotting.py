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
    # at[i]: best path whose last symbol is the i-th, now sounding; after[i]: the same, now in the blank behind it. Row 0 is before the first symbol.
    at, after = (np.full((len(symbols) + 1, len(phrases)), FLOOR, np.float32) for _ in range(2))
    after[0] = 0
    may_follow = np.full(symbols.shape, FLOOR, np.float32)
    may_follow[1:][symbols[1:] != symbols[:-1]] = 0
    stepped, heard = np.empty_like(may_follow), np.empty_like(may_follow)
    last, columns = lengths, np.arange(len(phrases))
    for frame in costs:
        np.add(at[:-1], may_follow, out=stepped)
        np.maximum(stepped, at[1:], out=stepped)
        np.maximum(stepped, after[:-1], out=stepped)
        np.maximum(after[1:], at[1:], out=after[1:])
        after[1:] += frame[blank]
        np.take(frame, symbols, out=heard, mode="clip")
        np.add(stepped, heard, out=at[1:])
        np.maximum(best, at[last, columns], out=best)
    best[lengths == 0] = FLOOR
    return np.maximum(best, FLOOR)


def _padded(phrases: Sequence[Sequence[int]], width: int, blank: int) -> npt.NDArray[np.int64]:
    """(width, phrases): ends that no phrase reads are filled with blank. One phrase a column, so that a step along the phrase is a row."""
    symbols = np.full((width, len(phrases)), blank, np.int64)
    for column, phrase in enumerate(phrases):
        symbols[: len(phrase), column] = phrase
    return symbols
