"""An n-best list -> one question: how much each word and each letter pair was heard, all hypotheses together. Pure.

A document scores the sum over hypotheses of P(hypothesis) * score(document | hypothesis), and BM25 is a sum over words: so a word that half of
the probability says counts half, and the index is asked once instead of once for each hypothesis.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cloud_server.search.terms import CARRIER_WORDS, content_words, letter_grams
from protos.messages import Hypothesis

MAX_QUERY_WORDS = 40
TEMPERATURE = 0.25
"""Scores are sums over frames that are not independent: their plain softmax would be far too sure (as in `models.decode.nbest`)."""
MIN_WEIGHT = 0.01
"""Less likely hypotheses are not asked for."""


@dataclass(frozen=True, slots=True)
class Guess:
    """One hypothesis, as search sees it."""

    index: int
    """In the n-best list."""
    weight: float
    """Its share of the probability."""
    words: tuple[str, ...]
    """Without carrier words, each once; all of them where nothing else was said."""

    @property
    def names_something(self) -> bool:
        """False where it has carrier words only: half of all documents have those."""
        return not CARRIER_WORDS.issuperset(self.words)


@dataclass(frozen=True, slots=True)
class Query:
    guesses: tuple[Guess, ...]
    words: Mapping[str, float]
    """Word -> share of the probability that says it."""
    grams: Mapping[str, float]
    """Letter pair or triple -> the same."""
    gram_mass: float
    """Of all grams together."""

    def letters(self, title: frozenset[str]) -> tuple[float, float]:
        """Of the letter pairs and triples of a title, the share that was heard; and of those that were heard, the share that the title has."""
        common = sum([self.grams.get(gram, 0.0) for gram in title])
        return (common / len(title), common / self.gram_mass) if common else (0.0, 0.0)


def query_of(alternatives: Sequence[Hypothesis]) -> Query:
    shares = weights(alternatives)
    guesses = tuple(
        Guess(index, share, tuple(dict.fromkeys(content_words(hypothesis.transcript)[:MAX_QUERY_WORDS])))
        for index, (hypothesis, share) in enumerate(zip(alternatives, shares, strict=True))
        if share >= MIN_WEIGHT
    )
    words, grams = (_masses((one.weight, terms(one)) for one in guesses) for terms in (_words_of, _grams_of))
    return Query(guesses, words, grams, sum(grams.values()))


def weights(alternatives: Sequence[Hypothesis]) -> list[float]:
    """Probability of each among all of them: by log_prob where a decoder gave one, otherwise by confidence, whose scale does not matter."""
    log_probs = [hypothesis.log_prob for hypothesis in alternatives]
    if len(set(log_probs)) > 1 and all(map(math.isfinite, log_probs)):
        shares = [math.exp(TEMPERATURE * (log_prob - max(log_probs))) for log_prob in log_probs]
    else:
        shares = [max(hypothesis.confidence, 0.0) for hypothesis in alternatives]
    total = sum(shares)
    return [share / total if total > 0 else 1 / len(shares) for share in shares]


def _words_of(guess: Guess) -> Iterable[str]:
    return guess.words


def _grams_of(guess: Guess) -> Iterable[str]:
    return letter_grams(list(guess.words))


def _masses(weighted: Iterable[tuple[float, Iterable[str]]]) -> dict[str, float]:
    masses: defaultdict[str, float] = defaultdict(float)
    for weight, terms in weighted:
        for term in terms:
            masses[term] += weight
    return dict(masses)
