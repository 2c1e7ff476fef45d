"""What people clicked -> how much letters, sounds and audio should count beside words. Pure.

Three numbers, fitted on two thirds of the people and judged on the others: they are taken only if those find what they clicked sooner than with the
weights before. No weight moves further than BOUND from what is shipped. People click what is shown first, so clicks speak for the weights that
showed it: what is learnt from them errs towards no change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from cloud_server.search.ranking import audio_score, is_found
from cloud_server.search.weights import SHIPPED, WAYS, Weights
from protos.errors import ConfigurationError

FITTED = ("trigram", "sounds", "audio")
"""Beside the ways by words, whose own proportions stay."""
BOUND = 4.0
"""A weight may become so many times larger or smaller than it is shipped."""
STEPS = (2.0, 1.4, 1.2, 1.1)
ROUNDS = 3
LEAST_CLICKS, LEAST_PEOPLE, LEAST_HELD_OUT = 60, 6, 15
HELD_OUT_SHARE = 3
"""One person in so many."""


@dataclass(frozen=True, slots=True)
class Click:
    """One segment, and what somebody chose of what it found."""

    person: str
    wanted: int
    """Row of what was clicked."""
    scores: npt.NDArray[np.float64]
    """(N, 1 + len(FITTED)): of each candidate that counts as found, by words (weighted) and by each of FITTED (not weighted)."""

    def reciprocal_rank(self, weights: Weights) -> float:
        """1 for the first place, 1/2 for the second; behind all that score the same."""
        totals = self.scores @ np.array([1.0, *(weights.of(way) for way in FITTED)])
        return 1.0 / float(np.count_nonzero(totals >= totals[self.wanted]))


@dataclass(frozen=True, slots=True)
class Fit:
    """What came of it."""

    weights: Weights
    clicks: int
    people: int
    held_out: tuple[Click, ...]
    before: Weights

    @property
    def ranks(self) -> npt.NDArray[np.float64]:
        """(2, held out): reciprocal ranks with the weights before and with these."""
        return np.array([[click.reciprocal_rank(weights) for click in self.held_out] for weights in (self.before, self.weights)])

    @property
    def is_better(self) -> bool:
        before, after = self.ranks.mean(axis=1)
        return bool(after > before)


def click_of(line: Mapping[str, Any]) -> Click | None:
    """Of one line of kept feedback; None: no click, nothing was kept of what it chose from, or it was not among that.

    Raises: ValueError, KeyError, TypeError: it is no such line.
    """
    seen = line["seen"]
    if line["kind"] != "clicked" or seen is None:
        return None
    used = {way: float(seen.get("weights", {}).get(way, SHIPPED.of(way))) for way in WAYS}
    found = [row for row in seen["candidates"] if is_found(row["ways"], row["fit"], worded=row.get("worded", True))]
    places = [place for place, row in enumerate(found) if row["id"] == line["details"]["hit_id"]]
    if not places or len(found) < 2:
        return None
    scores = np.array([_scores(row, used) for row in found], np.float64)
    if not np.isfinite(scores).all():
        raise ValueError("a score is not a number")
    return Click(str(line["subject_id"] or line["session_id"]), places[0], scores)


def learn(clicks: Sequence[Click], before: Weights = SHIPPED) -> Fit:
    """before: what is in use now. Raises: ConfigurationError: too few clicks, or of too few people."""
    people = {click.person for click in clicks}
    if len(clicks) < LEAST_CLICKS or len(people) < LEAST_PEOPLE:
        raise ConfigurationError(
            f"{len(clicks)} clicks of {len(people)} people can be learnt from, at least {LEAST_CLICKS} of {LEAST_PEOPLE} are needed"
        )
    held_out = tuple(click for click in clicks if is_held_out(click.person))
    rest = [click for click in clicks if not is_held_out(click.person)]
    if len(held_out) < LEAST_HELD_OUT or len(rest) < LEAST_HELD_OUT:
        raise ConfigurationError(f"{len(held_out)} clicks would judge and {len(rest)} teach, at least {LEAST_HELD_OUT} of each are needed")
    return Fit(_search(rest, before), len(clicks), len(people), held_out, before)


def is_held_out(person: str) -> bool:
    """Always the same people, whatever else there is."""
    return hashlib.sha256(person.encode()).digest()[0] % HELD_OUT_SHARE == 0


def mean_rank(clicks: Sequence[Click], weights: Weights) -> float:
    return float(np.mean([click.reciprocal_rank(weights) for click in clicks]))


def _search(clicks: Sequence[Click], start: Weights) -> Weights:
    """Each weight in turn, from large steps to small: ranks are flat between their steps, so no gradient leads anywhere."""
    best, highest = start, mean_rank(clicks, start)
    for _ in range(ROUNDS):
        for size in STEPS:
            for tried in [_moved(best, way, factor) for way in FITTED for factor in (size, 1 / size)]:
                rank = mean_rank(clicks, tried)
                if rank > highest:
                    best, highest = tried, rank
    return best


def _moved(weights: Weights, way: str, factor: float) -> Weights:
    shipped = SHIPPED.of(way)
    return replace(weights, **{way: float(np.clip(weights.of(way) * factor, shipped / BOUND, shipped * BOUND))})


def _scores(row: Mapping[str, Any], used: Mapping[str, float]) -> list[float]:
    """What each way said before it was weighted; a way that weighed nothing then says nothing now."""
    ways: Mapping[str, float] = row["ways"]
    words = sum(score for way, score in ways.items() if way not in FITTED)
    bare = [ways.get(way, 0.0) / used[way] if used[way] > 0 else 0.0 for way in ("trigram", "sounds")]
    return [words, *bare, 0.0 if row["fit"] is None else audio_score(row["fit"])]
