"""A backed-off n-gram model as columns: what every step from counting to the file works on. Pure, numpy only; no step loops over n-grams.

Legend: V words, T tokens of a text, N n-grams of one length. An n-gram is the index of its context (all tokens but the last) one level below, and its
last token. Level 0 is the empty n-gram, the context of every single word; level n holds the n-grams of n tokens, by context and then by token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

START, END, UNKNOWN = 0, 1, 2
MARKS = ("<s>", "</s>", "<unk>")
ABSENT = -1


@dataclass(frozen=True, slots=True)
class Level:
    """All n-grams of one length: columns of (N,)."""

    context: Indices
    """All tokens but the last: index into the level below."""
    shorter: Indices
    """All tokens but the first: index into the level below."""
    token: Indices
    probability: Array
    """P(last token | context)."""
    backoff: Array
    """Weight of the shorter context for every token that does not follow this n-gram here."""
    frequency: Array
    """Share of the text's tokens at which the n-gram ends; zeros where no text was counted."""

    def __len__(self) -> int:
        return len(self.token)


@dataclass(frozen=True, slots=True)
class BackoffModel:
    words: tuple[str, ...]
    """(V,): what each token stands for, MARKS first."""
    levels: tuple[Level, ...]
    """Level 0 to the order; level 1 has every token once, at its own index."""

    @property
    def order(self) -> int:
        """Tokens of the longest n-gram."""
        return len(self.levels) - 1

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of n-grams of one token, of two, and so on."""
        return tuple(len(level) for level in self.levels[1:])

    def probabilities(self, tokens: Indices) -> Array:
        """tokens: (T,), sentences one after the other, each from START to END. Returns: (T,) P(token | sentence so far), 0 at START."""
        probability = np.zeros(len(tokens))
        context = np.zeros(len(tokens), np.int64)
        for below, level in pairwise(self.levels):
            found = find(self.keys(level), np.where(context >= 0, context * len(self.words) + tokens, ABSENT))
            # ABSENT finds what is appended.
            backed_off = np.append(below.backoff, 1.0)[context] * probability
            probability = np.where(found >= 0, np.append(level.probability, 0.0)[found], backed_off)
            context = np.concatenate([[ABSENT], found[:-1]])
        probability[tokens == START] = 0
        return probability

    def keys(self, level: Level) -> Indices:
        """(N,) one number for each n-gram of a level, ascending."""
        return level.context * len(self.words) + level.token


def find(keys: Indices, wanted: Indices) -> Indices:
    """Places of `wanted` in ascending `keys`; ABSENT where it is not."""
    if not len(keys):
        return np.full(len(wanted), ABSENT)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, place, ABSENT)


def backoff_weights(context: Indices, probability: Array, backed_off: Array, contexts: int) -> Array:
    """What makes every context's probabilities sum to 1.

    context, probability, backed_off: (N,) of the n-grams of the level above: index of the context, P(token | context), P(token | shorter context).
    Returns: (contexts,): (1 - explicit) / (1 - what the shorter context gives those tokens); 1 for a context that nothing follows.
    """
    explicit = np.bincount(context, probability, contexts)
    replaced = np.bincount(context, backed_off, contexts)
    followed = np.bincount(context, minlength=contexts) > 0
    return np.where(followed, np.maximum(1e-9, 1 - explicit) / np.maximum(1e-9, 1 - replaced), 1.0)


def normalised(words: tuple[str, ...], levels: Sequence[Level]) -> BackoffModel:
    """The model of these probabilities, with the back-off weights that follow from them, whatever the levels hold."""
    weighted = []
    for level, above in pairwise(levels):
        backed_off = level.probability[above.shorter]
        weighted.append(replace(level, backoff=backoff_weights(above.context, above.probability, backed_off, len(level))))
    return BackoffModel(words, (*weighted, replace(levels[-1], backoff=np.ones(len(levels[-1])))))
