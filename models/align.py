"""CTC forced alignment: which frames each symbol of a known text was read from. Pure numpy; T frames, V symbols of one head."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.ctc import Logits

Span = tuple[int, int]
"""First and last frame, inclusive."""
States = npt.NDArray[np.intp]


def align(log_probs: Logits, symbols: Sequence[int], blank: int) -> list[Span]:
    """The frames of each symbol on the most probable path that spells them. log_probs: (T, V) float32, natural logarithm.

    Raises: ValueError: T frames cannot spell them.
    """
    return align_all(log_probs, [symbols], blank)[0]


def align_all(log_probs: Logits, texts: Sequence[Sequence[int]], blank: int) -> list[list[Span]]:
    """`align` of several texts over the same frames, in little more time than one takes. Raises: ValueError: as `align`."""
    for symbols in texts:
        if (needed := frames_needed(symbols)) > len(log_probs):
            raise ValueError(f"{len(symbols)} symbols need {needed} frames, there are {len(log_probs)}")
    if not any(map(len, texts)):
        return [[] for _ in texts]
    paths = _paths(log_probs, _with_blanks(texts, blank), np.array([2 * len(symbols) for symbols in texts]), blank)
    return [_spans(path, len(symbols)) for path, symbols in zip(paths.T, texts, strict=True)]


def frames_needed(symbols: Sequence[int]) -> int:
    """To spell them: one each, and a blank between two that are equal."""
    return len(symbols) + sum(first == second for first, second in itertools.pairwise(symbols))


def _with_blanks(texts: Sequence[Sequence[int]], blank: int) -> States:
    """(N, L): a blank before, between and after the symbols of each text, and on to the end of the longest."""
    labels = np.full((len(texts), 2 * max(map(len, texts)) + 1), blank, np.intp)
    for row, symbols in zip(labels, texts, strict=True):
        row[1 : 2 * len(symbols) : 2] = symbols
    return labels


def _paths(log_probs: Logits, labels: States, last: States, blank: int) -> States:
    """(T, N): the place in `labels` (N, L) of each frame of the best paths, which end at `last` (N,), a blank, or at the symbol before it."""
    frames, (texts, places) = len(log_probs), labels.shape
    emitted = log_probs[:, labels]
    # A blank may be left out, but not between two equal symbols, which would become one.
    may_skip = np.full((texts, places), -np.inf, np.float32)
    may_skip[:, 2:][(labels[:, 2:] != blank) & (labels[:, 2:] != labels[:, :-2])] = 0
    # Two columns before the first place, from which no path comes, save every frame the question where the edge is.
    best = np.full((texts, places + 2), -np.inf, np.float32)
    here, before, two_before = best[:, 2:], best[:, 1:-1], best[:, :-2]
    here[:, :2] = emitted[0, :, :2]
    came = np.zeros((2, frames, texts, places), bool)
    for frame in range(1, frames):
        skipped = two_before + may_skip
        np.greater(before, here, out=came[0, frame])
        score = np.maximum(here, before)
        np.greater(skipped, score, out=came[1, frame])
        np.add(np.maximum(score, skipped), emitted[frame], out=here)
    steps = np.where(came[1], 2, came[0]).astype(np.intp)
    rows = np.arange(texts)
    place = last - (here[rows, np.maximum(last - 1, 0)] > here[rows, last])
    paths = np.empty((frames, texts), np.intp)
    for frame in reversed(range(frames)):
        paths[frame] = place
        place = place - steps[frame, rows, place]
    return paths


def _spans(path: States, symbols: int) -> list[Span]:
    """path: (T,) places, never falling."""
    places = np.arange(1, 2 * symbols, 2)
    first, last = path.searchsorted(places, "left"), path.searchsorted(places, "right") - 1
    return list(zip(first.tolist(), last.tolist(), strict=True))
