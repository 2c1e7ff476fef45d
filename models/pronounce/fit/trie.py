"""Kneser-Ney n-grams of sequences of tokens, pruned and packed into the trie that ships. Pure, numpy only; every step is over whole columns.

Source: pruning by Seymore & Rosenfeld, Scalable backoff language models, 1996: an n-gram goes if the shorter context predicts its token nearly as
well, weighted by how often it was seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.lm.backoff import Array, backoff_weights
from models.lm.kneser_ney import Counts, count_ngrams, estimate
from models.pronounce.ngrams import END, START, STEPS_PER_NAT, PackedNgrams

# Pairs of tokens are few and every longer n-gram leans on them.
_NEVER_PRUNED = 2


def fit_ngrams(sequences: Sequence[Sequence[int]], order: int, prune_nats: float) -> PackedNgrams:
    """Args: sequences: of tokens from END + 1 on, every one below the highest of them used; START and END are added here.

    order: tokens of the longest n-gram. prune_nats: an n-gram stays if it makes the training text likelier by more than this.
    """
    tokens = np.array([token for sequence in sequences for token in (START, *sequence, END)])
    levels = estimate(count_ngrams(tokens, order, int(tokens.max()) + 1))
    return _pack(levels, _prune(levels, prune_nats))


def _prune(levels: list[Counts], prune_nats: float) -> list[npt.NDArray[np.bool_]]:
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


def _pack(levels: list[Counts], kept: list[npt.NDArray[np.bool_]]) -> PackedNgrams:
    tokens, children, costs, backoffs = [], [], [], []
    for length, (level, stays) in enumerate(zip(levels, kept, strict=True)):
        above, below = (levels[length + 1], kept[length + 1]) if length + 1 < len(levels) else (_EMPTY, np.zeros(0, np.bool_))
        contexts, here = above.context[below], len(level.count)
        weight = backoff_weights(contexts, above.probability[below], level.probability[above.shorter[below]], here)
        number = np.bincount(contexts, minlength=here)
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
_EMPTY = Counts(_NONE, _NONE, _NONE, _NONE)
