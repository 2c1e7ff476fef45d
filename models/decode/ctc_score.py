"""How likely a head is to say a text: the sum over all alignments, for many texts at once. Pure numpy; N texts, T frames, V symbols.

Readings of one segment differ in a word here and there, so what they begin alike with is summed once: along a tree of prefixes, a sixth to a
twelfth of the places (measured on dev).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from models.ctc import Logits

# Below float64's range only for texts that no alignment spells.
_NOTHING = 1e-300
# Frames between two rescalings: each frame's factor is above 1e-30 for any text worth asking about.
_RESCALE_FRAMES = 8

Places = npt.NDArray[np.intp]


class _Prefixes(NamedTuple):
    """A tree of M prefixes; 0 is the empty one, and each comes after its parent."""

    symbols: Places
    """(M,) the last of each; -1 of the empty one."""
    parents: Places
    """(M,)."""
    texts: Places
    """(N,) which prefix each text is."""


def ctc_log_probs(log_probs: Logits, texts: Sequence[Sequence[int]], blank: int) -> npt.NDArray[np.float64]:
    """(T, V) and N texts as symbols of the head -> (N,) natural logarithms. A text that T frames cannot spell, or that is less likely than all others
    together by 600, gets some value below theirs by as much.

    Source: Graves et al., Connectionist temporal classification, 2006, section 4.1 (forward variables).
    """
    if not texts:
        return np.zeros(0)
    symbols, parents, ends = _prefixes(texts)
    probabilities = np.exp(log_probs.astype(np.float64))
    emitted, blanks = probabilities[:, symbols], probabilities[:, blank].tolist()
    emitted[:, 0] = 0.0  # nothing is said with the empty prefix
    # Of each prefix: it was said at this frame; or at or before it (first row), or before it and a blank since (second).
    said, passed = np.zeros(len(symbols)), np.zeros((2, len(symbols)))
    passed[1, 0] = 1.0  # as if a blank had come before the first frame
    # Where a symbol follows itself there is a blank between.
    comes_from = parents + len(symbols) * (symbols == symbols[parents])
    scale = 0.0
    for frame, (emission, of_blank) in enumerate(zip(emitted, blanks, strict=True), 1):
        np.add(passed[1], said, out=passed[0])
        said += passed.take(comes_from)
        said *= emission
        np.multiply(passed[0], of_blank, out=passed[1])
        if frame % _RESCALE_FRAMES == 0:
            total = said.sum() + passed[1].sum() + _NOTHING
            said /= total
            passed[1] /= total
            scale += np.log(total)
    score: npt.NDArray[np.float64] = np.log(said[ends] + passed[1, ends] + _NOTHING) + scale
    return score


def _prefixes(texts: Sequence[Sequence[int]]) -> _Prefixes:
    order = sorted(range(len(texts)), key=lambda number: list(texts[number]))
    rows = np.full((len(texts), max(1, *map(len, texts))), -1, np.intp)
    for row, number in zip(rows, order, strict=True):
        row[: len(texts[number])] = texts[number]
    # In this order a text shares a prefix with the one before, or with none before.
    shared = np.logical_and.accumulate(rows[1:] == rows[:-1], axis=1)
    is_new = (rows >= 0) & ~np.concatenate([np.zeros((1, rows.shape[1]), bool), shared])
    numbers = np.maximum.accumulate(np.where(is_new, np.cumsum(is_new).reshape(rows.shape), 0), axis=0)
    before = np.column_stack([np.zeros(len(texts), np.intp), numbers])
    ends = np.empty(len(texts), np.intp)
    ends[order] = before[np.arange(len(texts)), [len(texts[number]) for number in order]]
    return _Prefixes(np.append(-1, rows[is_new]), np.append(0, before[:, :-1][is_new]), ends)
