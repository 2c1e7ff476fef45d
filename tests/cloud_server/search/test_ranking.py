"""From candidates to hits: who is found at all, and in which order."""

from __future__ import annotations

import math

import pytest

from cloud_server.search.candidates import Candidate
from cloud_server.search.catalogue import Document
from cloud_server.search.ranking import MIN_FIT, POPULARITY_WEIGHT, audio_score, rank
from cloud_server.search.weights import Weights


def candidate(number: int, popularity: float = 0.0, *, worded: bool = True, **ways: float) -> Candidate:
    return Candidate(number, Document(str(number), f"Title {number}", popularity=popularity), (), ways, worded, 0)


def order(candidates: list[Candidate], fits: list[float] | None = None, **weights: float) -> list[str]:
    return [hit.id for hit in rank(candidates, fits, 9, Weights(**weights))]


def test_the_sum_of_all_ways_decides_and_popularity_breaks_ties() -> None:
    assert order([candidate(1, title=2.0), candidate(2, title=1.0, text=1.5)]) == ["2", "1"]
    assert order([candidate(1, title=2.0), candidate(2, 0.5, title=2.0)]) == ["2", "1"]
    assert order([candidate(2, title=2.0), candidate(1, title=2.0)]) == ["1", "2"], "the one first in the catalogue"
    (hit,) = rank([candidate(1, 0.5, title=2.0)], None, 1)
    assert hit.score == 2.0 + POPULARITY_WEIGHT * 0.5


@pytest.mark.parametrize(
    ("ways", "worded", "fit", "found"),
    [
        ({"title": 9.0}, False, None, False),
        ({"trigram": 1.0}, False, None, True),
        ({"title": 9.0}, True, None, True),
        ({"trigram": 9.0}, False, MIN_FIT - 0.1, False),
        ({"sounds": 1.0}, False, MIN_FIT, True),
        ({"title": 9.0}, True, -50.0, True),
    ],
)
def test_the_audio_decides_who_is_found_where_it_was_asked(ways: dict[str, float], worded: bool, fit: float | None, found: bool) -> None:
    assert bool(rank([candidate(1, worded=worded, **ways)], None if fit is None else [fit], 1)) is found


def test_weights_say_how_much_the_audio_counts() -> None:
    texts, sounds = candidate(1, title=30.0), candidate(2, title=1.0)
    assert order([texts, sounds], [-2.0, 0.0]) == ["2", "1"]
    assert order([texts, sounds], [-2.0, 0.0], audio=10.0) == ["1", "2"]
    assert audio_score(0.0) == 1.0
    assert audio_score(-2.0) == pytest.approx(math.exp(-1))


@pytest.mark.parametrize(("ways", "field", "how"), [({"text": 3.0}, "text", "exact"), ({"fuzzy": 3.0}, "title", "fuzzy"), ({}, "title", "acoustic")])
def test_a_hit_says_which_way_counted_most(ways: dict[str, float], field: str, how: str) -> None:
    (hit,) = rank([candidate(1, **ways)], None if ways else [0.0], 1)
    assert hit.matched is not None
    assert (hit.matched.field, hit.matched.how) == (field, how)
