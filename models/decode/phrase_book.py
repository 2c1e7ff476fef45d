"""Many phrases, and which of them a segment may have said, by sound: an index of their pairs and triples of symbols. Pure numpy; P phrases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from models.decode.lexicon import Symbols

Indices = npt.NDArray[np.int64]
# Added to what a phrase's own grams weigh, so that a short one inside a long segment does not come first: about three words' worth.
SMOOTHING = 30.0


class PhraseBook:
    """Never changes."""

    def __init__(self, phrases: Sequence[Symbols], size: int) -> None:
        """phrases: each as one head says it; size: that head's number of symbols."""
        self._size, self._count = size, len(phrases)
        owners = np.repeat(np.arange(len(phrases)), [len(phrase) for phrase in phrases])
        flat = np.fromiter((symbol for phrase in phrases for symbol in phrase), np.int64, len(owners))
        grams = np.concatenate([self._pairs(flat)[owners[1:] == owners[:-1]], self._triples(flat)[owners[2:] == owners[:-2]]])
        owners = np.concatenate([owners[1:][owners[1:] == owners[:-1]], owners[2:][owners[2:] == owners[:-2]]])
        keys, self._owners = np.divmod(np.unique(grams * max(1, len(phrases)) + owners), max(1, len(phrases)))
        self._keys, self._starts, counts = np.unique(keys, return_index=True, return_counts=True)
        self._ends = self._starts + counts
        # As BM25 weighs a term: what few phrases have tells most.
        self._weights = np.log1p((len(phrases) - counts + 0.5) / (counts + 0.5))
        own = np.bincount(self._owners, np.repeat(self._weights, counts), len(phrases))
        self._scale = 1 / np.sqrt(own + SMOOTHING)

    def __len__(self) -> int:
        return self._count

    def likely(self, heard: Sequence[int], count: int) -> Indices:
        """At most `count` phrases that share grams with what was heard, the likeliest first, of equals the first."""
        symbols = np.asarray(heard, np.int64)
        asked = np.unique(np.concatenate([self._pairs(symbols), self._triples(symbols)]))
        places = np.flatnonzero(np.isin(self._keys, asked, assume_unique=True))
        scores = np.zeros(self._count)
        for place in places:
            scores[self._owners[self._starts[place] : self._ends[place]]] += self._weights[place]
        scores *= self._scale
        order = np.argsort(-scores, kind="stable")[:count]
        return order[scores[order] > 0]

    def _pairs(self, symbols: Indices) -> Indices:
        return symbols[:-1] * self._size + symbols[1:]

    def _triples(self, symbols: Indices) -> Indices:
        """Above every pair."""
        return (symbols[:-2] + 1) * self._size**2 + symbols[1:-1] * self._size + symbols[2:]
