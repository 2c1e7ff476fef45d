"""Letters to phones by a joint n-gram model of graphones: one letter with the none, one or two phones it says. Reads no file.

A word's graphones are as many as its letters, so the beam advances a letter at a time and hypotheses beside each other have read the same letters.
Source: Bisani & Ney, Joint-sequence models for grapheme-to-phoneme conversion, 2008.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import itemgetter

from models.pronounce.ngrams import END, START, Ngrams

# 10 loses 0.2 points of phone errors and 2.7 of words among the first five guesses; 50 wins 0.5 of those at 0.7 times the speed (benchmarks/LOG.md).
BEAM = 20
# Nats below the best: e**-8 of its probability.
MAX_LOSS_NATS = 8.0
FIRST_GRAPHONE = max(START, END) + 1
Hypotheses = dict[tuple[int, str], float]
"""(context, phones said so far) -> log probability of its best alignment."""


class GraphoneModel:
    """Args: graphones: the tokens from FIRST_GRAPHONE on, each a letter followed by the codes of its phones."""

    def __init__(self, ngrams: Ngrams, graphones: Sequence[str]) -> None:
        self._ngrams = ngrams
        self._said_by: dict[str, list[tuple[int, str]]] = {}
        for token, graphone in enumerate(graphones, FIRST_GRAPHONE):
            self._said_by.setdefault(graphone[0], []).append((token, graphone[1:]))

    @property
    def letters(self) -> frozenset[str]:
        """What a word may be written with."""
        return frozenset(self._said_by)

    def n_best(self, word: str, count: int) -> list[tuple[str, float]]:
        """Codes of the likeliest pronunciations, best first, each with its share among all that survived the beam; none is silent.

        Raises: KeyError: a letter that is not in `letters`.
        """
        hypotheses: Hypotheses = {(self._ngrams.start(), ""): 0.0}
        for letter in word:
            hypotheses = self._read(self._said_by[letter], _survivors(hypotheses))
        spoken = self._finish(hypotheses)
        best = max(spoken.values(), default=0.0)
        weights = {codes: math.exp(value - best) for codes, value in spoken.items()}
        total = sum(weights.values())
        return sorted(((codes, weight / total) for codes, weight in weights.items()), key=lambda one: (-one[1], one[0]))[:count]

    def _read(self, sayings: list[tuple[int, str]], hypotheses: list[tuple[tuple[int, str], float]]) -> Hypotheses:
        grown: Hypotheses = {}
        step = self._ngrams.step
        for (context, codes), value in hypotheses:
            for token, said in sayings:
                log_probability, after = step(context, token)
                key = (after, codes + said)
                if value + log_probability > grown.get(key, -math.inf):
                    grown[key] = value + log_probability
        return grown

    def _finish(self, hypotheses: Hypotheses) -> dict[str, float]:
        """Log probability of each pronunciation, summed over the contexts it ends in."""
        spoken: dict[str, float] = {}
        for (context, codes), value in hypotheses.items():
            if codes:
                ended = value + self._ngrams.step(context, END)[0]
                spoken[codes] = _log_add(spoken[codes], ended) if codes in spoken else ended
        return spoken


def _survivors(hypotheses: Hypotheses) -> list[tuple[tuple[int, str], float]]:
    ranked = sorted(hypotheses.items(), key=itemgetter(1), reverse=True)[:BEAM]
    floor = ranked[0][1] - MAX_LOSS_NATS
    return [one for one in ranked if one[1] >= floor]


def _log_add(a: float, b: float) -> float:
    return max(a, b) + math.log1p(math.exp(-abs(a - b)))
