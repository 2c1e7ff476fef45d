"""Candidates and the audio's verdict on them -> hits, best first. Pure.

A document counts as found if its title was heard (by the audio where that was asked, otherwise by its letters) or if it has enough of the words. No
test looks at a BM25 score, whose size depends on the catalogue: a floor on it would hide every recipe of a common tag.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from cloud_server.search.candidates import Candidate
from cloud_server.search.weights import SHIPPED, Weights
from protos.messages import Match, SearchHit

POPULARITY_WEIGHT = 0.2
MIN_FIT = -3.0
"""Nats a symbol: 97.5 % of the titles that were said fit better, and 10 % of the best fits of what is not in the catalogue."""
FIT_SCALE = 2.0
_HOWS = {"fuzzy": ("title", "fuzzy"), "trigram": ("title", "trigram"), "sounds": ("title", "phonetic"), "audio": ("title", "acoustic")}


def rank(candidates: Sequence[Candidate], fits: Sequence[float] | None, max_hits: int, weights: Weights = SHIPPED) -> tuple[SearchHit, ...]:
    """Best first, at most max_hits. fits: how well the audio fits each candidate (`search.fit`); None: it was not asked."""
    said = [
        (candidate, candidate.ways if fits is None else {**candidate.ways, "audio": weights.audio * audio_score(fits[at])})
        for at, candidate in enumerate(candidates)
        if is_found(candidate.ways, None if fits is None else fits[at], worded=candidate.worded)
    ]
    scored = [(sum(ways.values()) + POPULARITY_WEIGHT * one.document.popularity, -one.number, one, ways) for one, ways in said]
    best = sorted(scored, key=lambda item: item[:2], reverse=True)[:max_hits]
    return tuple(_hit(one, score, ways) for score, _, one, ways in best)


def audio_score(fit: float) -> float:
    """0..1."""
    return math.exp(fit / FIT_SCALE)


def is_found(ways: dict[str, float], fit: float | None, *, worded: bool) -> bool:
    return worded or ("trigram" in ways if fit is None else fit >= MIN_FIT)


def _hit(candidate: Candidate, score: float, ways: dict[str, float]) -> SearchHit:
    way = max(ways, key=lambda name: ways[name])
    field, how = _HOWS.get(way, (way, "exact"))
    one = candidate.document
    return SearchHit(one.id, one.title, one.snippet, one.url, score, Match(candidate.hypothesis_index, field, how))
