"""Kneser-Ney estimates from tokens: interpolated, with modified discounts. Pure, numpy only; every step is over whole columns.

Source: Chen & Goodman, An empirical study of smoothing techniques for language modeling, 1998.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from models.lm.backoff import START, Array, BackoffModel, Indices, Level, normalised

Discounts = tuple[float, float, float]
"""Taken from n-grams seen once, twice, and more often."""


@dataclass(slots=True)
class Counts:
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
    """The part of it that comes from the shorter context."""


def fit(tokens: Indices, words: tuple[str, ...], order: int, discounts: Sequence[Discounts] | None = None) -> BackoffModel:
    """tokens: (T,), sentences one after the other, each from START to END, all below len(words).

    discounts: one for each length; None: from the counts.
    """
    levels = estimate(count_ngrams(tokens, order, len(words)), discounts)
    # The share of the empty n-gram is spread over all tokens already; START is given, never predicted.
    levels[0].probability[:] = levels[1].probability[START] = 0
    return normalised(words, [Level(one.context, one.shorter, one.token, one.probability, _NONE, one.count / len(tokens)) for one in levels])


def count_ngrams(tokens: Indices, order: int, vocabulary: int) -> list[Counts]:
    """tokens: (T,), each sentence begins with START. Level 1 has all `vocabulary` tokens, also those that the text does not."""
    place = np.arange(len(tokens))
    place -= np.maximum.accumulate(np.where(tokens == START, place, 0))
    none = np.zeros(1, np.int64)
    every = np.arange(vocabulary)
    single = Counts(np.zeros(vocabulary, np.int64), np.zeros(vocabulary, np.int64), every, np.bincount(tokens, minlength=vocabulary))
    levels = [Counts(none, none, none, np.array([len(tokens)])), single]
    ending_at = tokens  # the n-gram of the level before that ends at each position
    for length in range(2, order + 1):
        positions = np.flatnonzero(place >= length - 1)
        keys = ending_at[positions - 1] * vocabulary + tokens[positions]
        unique, first, inverse, count = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
        levels.append(Counts(unique // vocabulary, ending_at[positions][first], unique % vocabulary, count))
        ending_at = np.zeros(len(tokens), np.int64)
        ending_at[positions] = inverse
    return levels


def estimate(levels: list[Counts], discounts: Sequence[Discounts] | None = None) -> list[Counts]:
    """Fills in the probabilities, shortest n-grams first. What single words are discounted goes to all tokens but START alike."""
    levels[0].probability = np.array([1 / (len(levels[1].count) - 1)])
    for length in range(1, len(levels)):
        level, below = levels[length], levels[length - 1]
        counts = _adjusted_counts(level, levels[length + 1] if length + 1 < len(levels) else None)
        if length == 1:
            counts[START] = 0  # given, never predicted
        taken = (modified_discounts(counts) if discounts is None else np.array([0, *discounts[length - 1]]))[np.minimum(counts, 3)]
        contexts = len(below.count)
        totals = np.maximum(1, np.bincount(level.context, counts, contexts))
        freed = np.bincount(level.context, taken, contexts) / totals
        level.backed_off = freed[level.context] * below.probability[level.shorter]
        level.probability = (counts - taken) / totals[level.context] + level.backed_off
    return levels


def modified_discounts(counts: Indices) -> Array:
    """What is taken from counts of 0, 1, 2 and more: the closed form of Chen & Goodman, kept within what can be taken."""
    once, twice, thrice, four_times = (max(1, int(np.sum(counts == seen))) for seen in (1, 2, 3, 4))
    y = once / (once + 2 * twice)
    return np.clip([0, 1 - 2 * y * twice / once, 2 - 3 * y * thrice / twice, 3 - 4 * y * four_times / thrice], [0, 0.1, 0.1, 0.1], [0, 0.9, 1.9, 2.9])


def _adjusted_counts(level: Counts, above: Counts | None) -> Indices:
    """How many different tokens an n-gram was seen after; the plain count if it is of the greatest length, or begins a sentence."""
    if above is None:
        return level.count.copy()
    after = np.bincount(above.shorter, minlength=len(level.count))
    return np.where(after > 0, after, level.count)


_NONE = np.zeros(0)
