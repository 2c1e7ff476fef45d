"""A finished model made ready to be mixed and pruned like a counted one: only words that are wanted, and how often each n-gram is met. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from models.lm.backoff import END, MARKS, START, UNKNOWN, BackoffModel, Indices, Level, normalised


def restricted(model: BackoffModel, words: Collection[str]) -> BackoffModel:
    """Without n-grams that have another word than MARKS and `words`; what those words had is the unknown word's."""
    stays = np.array([token < len(MARKS) or word in words for token, word in enumerate(model.words)])
    token_of: Indices = np.cumsum(stays) - 1
    kept = np.ones(1, bool)
    place = np.zeros(1, np.int64)
    levels = [model.levels[0]]
    for number, level in enumerate(model.levels[1:], 1):
        kept = stays if number == 1 else kept[level.context] & kept[level.shorter]
        context, shorter = (place[column[kept]] for column in (level.context, level.shorter))
        columns = level.probability[kept], level.backoff[kept], level.frequency[kept]
        levels.append(Level(context, shorter, token_of[level.token[kept]], *columns))
        place = np.cumsum(kept) - 1
    single = levels[1].probability
    single[UNKNOWN] += model.levels[1].probability[~stays].sum()
    single /= single.sum()  # a file rounds
    return normalised(tuple(word for word, has in zip(model.words, stays, strict=True) if has), levels)


def with_frequencies(model: BackoffModel) -> BackoffModel:
    """The share of its own words at which each n-gram ends, as the model itself would write them: P(context) P(token | context).

    Sound where single words have the probability of being met (Good-Turing, Katz); Kneser-Ney's lower orders have another.
    """
    single = model.levels[1]
    met = single.probability.copy()
    met[START] = met[END]
    levels = [model.levels[0], replace(single, frequency=met / met.sum())]
    for level in model.levels[2:]:
        levels.append(replace(level, frequency=levels[-1].frequency[level.context] * level.probability))
    return BackoffModel(model.words, tuple(levels))
