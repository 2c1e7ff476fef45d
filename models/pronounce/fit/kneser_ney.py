"""n-grams from sequences of tokens: interpolated, modified Kneser-Ney, pruned and packed. Pure, numpy only; every step is over whole columns.

Source: Chen & Goodman, An empirical study of smoothing techniques for language modeling, 1998; pruning by Seymore & Rosenfeld, Scalable backoff
language models, 1996: an n-gram goes if the shorter context predicts its token nearly as well, weighted by how often it was seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.pronounce.ngrams import END, START, STEPS_PER_NAT, PackedNgrams

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
# Pairs of tokens are few and every longer n-gram leans on them.
_NEVER_PRUNED = 2


@dataclass(slots=True)
class _Level:
    """All n-grams of one length, by context and then by token; indices are into the level below."""

    context: Indices
    """All tokens but the last."""
    shorter: Indices
    """All tokens but the first."""
    token: Indices
    count: Indices
    probability: Array = field(default_factory=lambda: np.zeros(0))
    """P(last token | the ones before)."""
    backed_off: Array = field(default_factory=lambda: np.zeros(0))
    """What it would be if only the shorter context had been seen with the token."""


def fit_ngrams(sequences: Sequence[Sequence[int]], order: int, prune_nats: float) -> PackedNgrams:
    """Args: sequences: of tokens from END + 1 on, every one below the highest of them used; START and END are added here.

    order: tokens of the longest n-gram. prune_nats: an n-gram stays if it makes the training text likelier by more than this.
    """
    levels = _count(sequences, order)
    for length in range(1, order + 1):
        _estimate(levels, length)
    return _pack(levels, _prune(levels, prune_nats))


def _count(sequences: Sequence[Sequence[int]], order: int) -> list[_Level]:
    tokens = np.array([token for sequence in sequences for token in (START, *sequence, END)])
    place = np.concatenate([np.arange(len(sequence) + 2) for sequence in sequences])
    vocabulary = int(tokens.max()) + 1
    none = np.zeros(1, np.int64)
    levels = [_Level(none, none, none, none, probability=np.array([1 / (vocabulary - 1)]))]
    ending_at = np.zeros(len(tokens), np.int64)  # the n-gram of the level before that ends at each position
    for length in range(1, order + 1):
        positions = np.flatnonzero(place >= length - 1)
        keys = ending_at[positions - 1] * vocabulary + tokens[positions]
        unique, first, inverse, count = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
        levels.append(_Level(unique // vocabulary, ending_at[positions][first], unique % vocabulary, count))
        ending_at = np.zeros(len(tokens), np.int64)
        ending_at[positions] = inverse
    return levels


def _estimate(levels: list[_Level], length: int) -> None:
    level, below = levels[length], levels[length - 1]
    counts = _adjusted_counts(level, levels[length + 1] if length + 1 < len(levels) else None)
    if length == 1:
        counts[START] = 0  # given, never predicted
    discounts = _discounts(counts)[np.minimum(counts, 3)]
    contexts = len(below.count)
    totals = np.maximum(1, np.bincount(level.context, counts, contexts))
    freed = np.bincount(level.context, discounts, contexts) / totals
    level.backed_off = freed[level.context] * below.probability[level.shorter]
    level.probability = (counts - discounts) / totals[level.context] + level.backed_off


def _adjusted_counts(level: _Level, above: _Level | None) -> Indices:
    """How many different tokens an n-gram was seen after; the plain count if it is of the greatest length, or begins a sequence."""
    if above is None:
        return level.count
    after = np.bincount(above.shorter, minlength=len(level.count))
    return np.where(after > 0, after, level.count)


def _discounts(counts: Indices) -> Array:
    """What is taken from counts of 0, 1, 2 and more: the closed form of Chen & Goodman, kept within what can be taken."""
    once, twice, thrice, four_times = (max(1, int(np.sum(counts == seen))) for seen in (1, 2, 3, 4))
    y = once / (once + 2 * twice)
    return np.clip([0, 1 - 2 * y * twice / once, 2 - 3 * y * thrice / twice, 3 - 4 * y * four_times / thrice], [0, 0.1, 0.1, 0.1], [0, 0.9, 1.9, 2.9])


def _prune(levels: list[_Level], prune_nats: float) -> list[npt.NDArray[np.bool_]]:
    """Which n-grams of each level stay; with each its context and its ending, so that the trie holds together."""
    kept = [np.ones(len(level.count), np.bool_) for level in levels]
    for length in reversed(range(_NEVER_PRUNED + 1, len(levels))):
        level = levels[length]
        kept[length] = level.count * np.log(level.probability / level.backed_off) > prune_nats
        if length + 1 < len(levels):
            above, stays = levels[length + 1], kept[length + 1]
            kept[length][above.context[stays]] = True
            kept[length][above.shorter[stays]] = True
    return kept


def _pack(levels: list[_Level], kept: list[npt.NDArray[np.bool_]]) -> PackedNgrams:
    tokens, children, costs, backoffs = [], [], [], []
    for length, (level, stays) in enumerate(zip(levels, kept, strict=True)):
        above, below = (levels[length + 1], kept[length + 1]) if length + 1 < len(levels) else (_EMPTY, np.zeros(0, np.bool_))
        contexts, here = above.context[below], len(level.count)
        explicit = np.bincount(contexts, above.probability[below], here)
        replaced = np.bincount(contexts, level.probability[above.shorter[below]], here)
        number = np.bincount(contexts, minlength=here)
        weight = np.where(number > 0, np.maximum(1e-9, 1 - explicit) / np.maximum(1e-9, 1 - replaced), 1.0)
        with np.errstate(divide="ignore"):
            costs.append(_steps(-np.log(level.probability))[stays])
        backoffs.append(_steps(np.log(weight))[stays])
        tokens.append(level.token[stays])
        children.append(number[stays])
    return PackedNgrams(
        np.concatenate(tokens).astype(np.uint8),
        np.concatenate(children).astype(np.uint16),
        np.concatenate(costs).clip(0, 255).astype(np.uint8),
        np.concatenate(backoffs).clip(-128, 127).astype(np.int8),
    )


def _steps(nats: Array) -> Array:
    return np.round(nats * STEPS_PER_NAT)


_NONE = np.zeros(0, np.int64)
_EMPTY = _Level(_NONE, _NONE, _NONE, _NONE)
