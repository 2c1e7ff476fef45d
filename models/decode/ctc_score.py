"""How likely a head is to say a text: the sum over all alignments, for many texts at once. Pure numpy; N texts, T frames, V symbols."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.ctc import Logits

# Below float64's range only for texts that no alignment spells.
_NOTHING = 1e-300
# Frames between two rescalings: each frame's factor is above 1e-30 for any text worth asking about.
_RESCALE_FRAMES = 8


def ctc_log_probs(log_probs: Logits, texts: Sequence[Sequence[int]], blank: int) -> npt.NDArray[np.float64]:
    """(T, V) and N texts as symbols of the head -> (N,) natural logarithms; a text that T frames cannot spell gets less than -600.

    Source: Graves et al., Connectionist temporal classification, 2006, section 4.1 (forward variables).
    """
    if not texts:
        return np.zeros(0)
    labels = _with_blanks(texts, blank)
    emitted = np.exp(log_probs.astype(np.float64))[:, labels]
    may_skip = np.zeros(labels.shape)
    may_skip[:, 2:] = (labels[:, 2:] != blank) & (labels[:, 2:] != labels[:, :-2])
    # Two columns before the first place, from which nothing comes, save every frame the question where the edge is.
    forward = np.zeros((len(texts), labels.shape[1] + 2))
    here, before, two_before = forward[:, 2:], forward[:, 1:-1], forward[:, :-2]
    here[:, 0] = 1.0  # as if a blank had come before the first frame
    scale = np.zeros(len(texts))
    for frame, emission in enumerate(emitted, 1):
        here[:] = (here + before + two_before * may_skip) * emission
        if frame % _RESCALE_FRAMES == 0:
            total = here.sum(axis=1) + _NOTHING
            here /= total[:, None]
            scale += np.log(total)
    rows, last = np.arange(len(texts)), np.array([2 * len(text) for text in texts])
    ended = here[rows, last] + np.where(last > 0, here[rows, last - 1], 0)
    score: npt.NDArray[np.float64] = np.log(ended + _NOTHING) + scale
    return score


def _with_blanks(texts: Sequence[Sequence[int]], blank: int) -> npt.NDArray[np.intp]:
    """(N, L): a blank before, between and after the symbols of each text, and on to the end of the longest."""
    labels = np.full((len(texts), 2 * max(map(len, texts)) + 1), blank, np.intp)
    for row, symbols in zip(labels, texts, strict=True):
        row[1 : 2 * len(symbols) : 2] = symbols
    return labels
