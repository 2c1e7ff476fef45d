"""Where in a reading a phrase may have been said instead: the stretches of whole words that sound most like it. Pure numpy; P phrases, L symbols."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.decode.lexicon import Symbols

# Room for the place where a path began, below its number of edits; also the longest reading that is looked at.
_PLACES = 1 << 11
_NEVER = 1 << 28


def stretches(reading: Sequence[Symbols], phrases: Sequence[Symbols], count: int) -> list[list[tuple[int, int]]]:
    """Of each phrase, at most `count` stretches [first word, last word) of the reading, those with the fewest edits to it first.

    No two stretches of one phrase end with the same word. None where the reading has 2,048 symbols or more.
    Source: Sellers, The theory and computation of evolutionary distances, 1980: anything may stand before and after.
    """
    bounds = np.cumsum([0, *map(len, reading)])
    if not len(phrases) or bounds[-1] == 0 or bounds[-1] >= _PLACES:
        return [[] for _ in phrases]
    text = np.array([symbol for word in reading for symbol in word])
    padded = np.full((len(phrases), max(map(len, phrases))), -1)
    for row, phrase in zip(padded, phrases, strict=True):
        row[: len(phrase)] = phrase
    skipped = np.arange(len(text) + 1) * _PLACES
    # A path's number of edits, then where in the reading it began: the least number has the fewest edits.
    start = np.full((len(phrases), len(text) + 1), _NEVER)
    start[:, bounds] = bounds
    paths = _skipping(start, skipped)
    ended = paths.copy()
    lengths = np.array([len(phrase) for phrase in phrases])
    for at, symbols in enumerate(padded.T, 1):
        paths = paths + _PLACES
        same = text[None, :] == symbols[:, None]
        paths[:, 1:] = np.minimum(paths[:, 1:], np.where(same, paths[:, :-1] - _PLACES, paths[:, :-1]))
        paths = _skipping(paths, skipped)
        ended[lengths == at] = paths[lengths == at]
    edits, starts = np.divmod(ended[:, bounds[1:]], _PLACES)
    firsts = np.searchsorted(bounds, starts)
    order = np.argsort(edits, axis=1, kind="stable")[:, :count]
    return [[(int(firsts[row, end]), int(end) + 1) for end in ends if firsts[row, end] <= end] for row, ends in enumerate(order)]


def _skipping(paths: npt.NDArray[np.int64], skipped: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Symbols of the reading may be left out, at one edit each."""
    left_out: npt.NDArray[np.int64] = np.minimum.accumulate(paths - skipped, axis=1) + skipped
    return left_out
