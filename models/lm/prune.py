"""Smaller models: the n-grams go that the shorter context predicts nearly as well. Pure, numpy only.

Source: Stolcke, Entropy-based pruning of backoff language models, 1998. A context's probability is its share of the counted text: products of
Kneser-Ney's lower orders mislead (Chelba et al., Study on interaction between entropy pruning and Kneser-Ney smoothing, 2010).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.lm.backoff import Array, BackoffModel, Indices, Level, Mask, normalised


def worths(model: BackoffModel) -> list[Array]:
    """For each level the nats a token that the text costs more without the n-gram; at least what any n-gram is worth that needs it. Words: infinite.

    The model must be a counted one, or a mixture of counted ones.
    """
    worth = [np.full(len(level), np.inf) for level in model.levels[:2]]
    worth += [_divergence(level, below) for below, level in zip(model.levels[1:], model.levels[2:], strict=False)]
    for length in reversed(range(3, len(worth))):
        for needed in (model.levels[length].context, model.levels[length].shorter):
            np.maximum.at(worth[length - 1], needed, worth[length])
    return worth


def keep_best(model: BackoffModel, worth: Sequence[Array], ngrams: int) -> BackoffModel:
    """All words, and at most `ngrams` longer n-grams: those of the greatest worth, as `worths` gave it."""
    longer = np.sort(np.concatenate([*worth[2:], np.zeros(0)]))[::-1]
    threshold = longer[ngrams] if ngrams < len(longer) else -np.inf
    kept = [level > threshold for level in worth]
    return normalised(model.words, _selected(model.levels, kept))


def _divergence(level: Level, below: Level) -> Array:
    """How far the context's distribution moves if one n-gram goes and all else stays, times how often the context is met."""
    contexts = len(below)
    replaced = below.probability[level.shorter]
    rest = np.maximum(1e-9, 1 - np.bincount(level.context, level.probability, contexts))[level.context]
    rest_replaced = np.maximum(1e-9, 1 - np.bincount(level.context, replaced, contexts))[level.context]
    after = np.log((rest + level.probability) / (rest_replaced + replaced))
    before = np.log(rest / rest_replaced)
    lost = level.probability * (np.log(level.probability) - np.log(replaced) - after) + rest * (before - after)
    divergence: Array = below.frequency[level.context] * lost
    return divergence


def _selected(levels: Sequence[Level], kept: Sequence[Mask]) -> list[Level]:
    places: Indices = np.zeros(1, np.int64)  # where the n-grams of the level below went
    selected = []
    for level, stays in zip(levels, kept, strict=True):
        context, shorter = places[level.context[stays]], places[level.shorter[stays]]
        columns = level.probability[stays], level.backoff[stays], level.frequency[stays]
        selected.append(Level(context, shorter, level.token[stays], *columns))
        places = np.cumsum(stays) - 1
    return selected
