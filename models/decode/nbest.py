"""Candidates -> an n-best list: one of each text, hinted phrases moved up, and what share of the probability each has. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.decode.candidate import Candidate
from models.text import normalise_text

# Nats for each word of a hinted phrase at boost 1. More helps those who say one and costs those who do not (benchmarks/LOG.md, 2026-11-27).
BONUS_NATS = 5.0
# Scores are sums over frames that are not independent, so their plain softmax is far too sure.
TEMPERATURE = 0.25


@dataclass(frozen=True, slots=True)
class Hint:
    """A phrase that this speaker may well say."""

    words: tuple[str, ...]
    boost: float = 1.0

    @classmethod
    def of(cls, phrase: str, boost: float = 1.0) -> Hint:
        return cls(tuple(normalise_text(phrase).split()), boost)


def ranked(candidates: Iterable[Candidate], hints: Sequence[Hint] = ()) -> list[Candidate]:
    """Best first, one of each text as it is written out; a hinted phrase adds its bonus to the score once, however often it is said."""
    scored = [replace(candidate, score=candidate.score + bonus(candidate.words, hints)) for candidate in candidates] if hints else list(candidates)
    best: dict[str, Candidate] = {}
    for candidate in sorted(scored, key=lambda one: -one.score):
        best.setdefault(normalise_text(" ".join(candidate.words)), candidate)
    return list(best.values())


def bonus(words: tuple[str, ...], hints: Sequence[Hint]) -> float:
    """Nats."""
    return sum(BONUS_NATS * hint.boost * len(hint.words) for hint in hints if _says(words, hint.words))


def posteriors(candidates: Sequence[Candidate], temperature: float = TEMPERATURE) -> list[float]:
    """Of each candidate among all of them: their sum is at most 1. temperature: multiplies the scores; 0 makes all equal."""
    if not candidates:
        return []
    scores = temperature * np.array([candidate.score for candidate in candidates])
    shares = np.exp(scores - scores.max())
    # Rounding must not lift the sum above 1.
    return [float(share) for share in shares / (shares.sum() * (1 + 1e-12))]


def _says(words: tuple[str, ...], phrase: tuple[str, ...]) -> bool:
    return bool(phrase) and any(words[start : start + len(phrase)] == phrase for start in range(len(words) - len(phrase) + 1))
