"""Several models as one: linear interpolation of n-grams. Pure, numpy only.

Sources: Jelinek & Mercer, Interpolated estimation of Markov source parameters from sparse data, 1980; weights that depend on the context as in Hsu,
Generalized linear interpolation of language models, 2007.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from models.lm.backoff import Array, BackoffModel, Indices, Level, find, normalised

_NONE = np.zeros(0, np.int64)
_NO_VALUES = np.zeros(0)


class _Source:
    """A model on its way into a mixture, one length after the other."""

    def __init__(self, model: BackoffModel, share: float, index: Mapping[str, int]) -> None:
        self.share = share
        self._model = model
        self._tokens: Indices = np.array([index[word] for word in model.words])
        self.vocabulary = len(index)
        self._above = 1
        self._places = np.zeros(1, np.int64)  # of its n-grams in the merged level below
        self._given = np.zeros(1)  # what it gives each of the n-grams of the merged level below

    @property
    def level(self) -> Level:
        return self._at(self._above)

    def keys(self) -> Indices:
        """Of its n-grams of this length, by the merged numbering."""
        return self._places[self.level.context] * self.vocabulary + self._tokens[self.level.token]

    def shorter(self) -> Indices:
        """Endings of its n-grams of this length, by the merged numbering."""
        return self._places[self.level.shorter]

    def context_shares(self, contexts: int, *, by_context: bool) -> Array:
        """What its word counts for in each context."""
        below = self._at(self._above - 1)
        return self.share * (_spread(below.frequency, self._places, contexts, 0.0) if by_context else np.ones(contexts))

    def advance(self, places: Indices, context: Indices, shorter: Indices, contexts: int) -> Array:
        """P(token | context) for every merged n-gram of this length, of which its own are at `places`; then on to the next length."""
        backoff = _spread(self._at(self._above - 1).backoff, self._places, contexts, 1.0)
        self._given = backoff[context] * self._given[shorter]
        self._given[places] = self.level.probability
        self._places, self._above = places, self._above + 1
        return self._given

    def _at(self, length: int) -> Level:
        """No n-gram where it has none of that length."""
        return self._model.levels[length] if length <= self._model.order else Level(_NONE, _NONE, _NONE, _NO_VALUES, _NO_VALUES, _NO_VALUES)


def mix(models: Sequence[BackoffModel], weights: Sequence[float], *, by_context: bool = False) -> BackoffModel:
    """Every n-gram of any model, with the weighted mean of what the models give it; the weights are scaled to sum to 1.

    by_context: a model's weight in a context is multiplied by the context's frequency in its text, so that a text is asked about what it knows; the
    models must be counted ones. Otherwise the weights are the same everywhere. A word that a model does not have gets nothing from it.
    """
    words = tuple(dict.fromkeys(word for model in models for word in model.words))
    index = {word: token for token, word in enumerate(words)}
    shares = np.array(weights) / np.sum(weights)
    sources = [_Source(model, float(share), index) for model, share in zip(models, shares, strict=True)]
    empty = np.zeros(1, np.int64)
    levels = [Level(empty, empty, empty, np.zeros(1), np.ones(1), np.ones(1))]
    for length in range(1, 1 + max(model.order for model in models)):
        keys = [source.keys() for source in sources]
        merged = np.unique(np.concatenate(keys)) if length > 1 else np.arange(len(words))
        levels.append(_merge(sources, merged, [find(merged, own) for own in keys], levels[-1], by_context=by_context))
    return normalised(words, levels)


def interpolate(base: BackoffModel, addition: BackoffModel, weight: float) -> BackoffModel:
    """(1 - weight) P(base) + weight P(addition), exact for every n-gram that either has. weight: in [0, 1]."""
    return mix([base, addition], [1 - weight, weight])


def _merge(sources: Sequence[_Source], merged: Indices, places: Sequence[Indices], below: Level, *, by_context: bool) -> Level:
    context, token = np.divmod(merged, sources[0].vocabulary)
    shorter, frequency, probability = np.zeros(len(merged), np.int64), np.zeros(len(merged)), np.zeros(len(merged))
    for source, own in zip(sources, places, strict=True):
        shorter[own] = source.shorter()
    total = np.zeros(len(below))
    for source, own in zip(sources, places, strict=True):
        shares = source.context_shares(len(below), by_context=by_context)
        frequency[own] += source.share * source.level.frequency
        probability += shares[context] * source.advance(own, context, shorter, len(below))
        total += shares
    return Level(context, shorter, token, probability / total[context], _NO_VALUES, frequency)


def _spread(values: Array, places: Indices, size: int, otherwise: float) -> Array:
    spread = np.full(size, otherwise)
    spread[places] = values
    return spread
