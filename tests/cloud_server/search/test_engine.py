"""From what was heard to what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_server.search.catalogue import read_catalogue
from cloud_server.search.engine import SearchEngine
from cloud_server.search.index import build_index, open_index
from protos.messages import Hypothesis


@pytest.fixture
def engine(catalogue: Path, tmp_path: Path) -> SearchEngine:
    build_index(read_catalogue(catalogue), tmp_path / "index", "small")
    return SearchEngine(open_index(tmp_path / "index"))


@pytest.mark.parametrize(
    ("heard", "wanted", "how"),
    [
        ("find me a recipe for chicken noodle soup", "soup", "trigram"),
        ("banana bred", "bread", None),
        ("bananabread", "bread", "trigram"),
        ("creme brulee", "brulee", None),
        ("something with thin apples", "pie", None),
        ("egg noodles", "soup", None),
    ],
)
def test_the_right_thing_comes_first(engine: SearchEngine, heard: str, wanted: str, how: str | None) -> None:
    hits = engine.search([Hypothesis(heard, 0.5)], 3)
    assert hits[0].id == wanted
    assert hits[0].matched is not None
    assert how is None or hits[0].matched.how == how


def test_two_weak_guesses_that_agree_beat_one_strong_one(engine: SearchEngine) -> None:
    guesses = [Hypothesis("apple pie", 0.4), Hypothesis("banana bread", 0.3), Hypothesis("banana bred", 0.3)]
    hits = engine.search(guesses, 3)
    assert [hit.id for hit in hits[:2]] == ["bread", "pie"]
    assert hits[0].matched is not None
    assert hits[0].matched.hypothesis_index == 1


@pytest.mark.parametrize("heard", ["", "   ", "xqzw", "the of and", "kuh vost ilg"])
def test_nothing_is_found_where_nothing_matches(engine: SearchEngine, heard: str) -> None:
    assert engine.search([Hypothesis(heard, 0.9)], 3) == ()


def test_no_guess_finds_nothing_and_max_hits_is_kept(engine: SearchEngine) -> None:
    assert engine.search([], 3) == ()
    assert len(engine.search([Hypothesis("baking dessert", 0.0)], 1)) == 1


def test_a_hit_shows_what_the_catalogue_says(engine: SearchEngine) -> None:
    (hit,) = engine.search([Hypothesis("creme brulee", 1.0)], 1)
    assert (hit.title, hit.snippet, hit.url) == ("Crème Brûlée", "Warm the cream.", "recipe:brulee")
