"""From what was heard to what was meant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cloud_server.search.catalogue import read_catalogue
from cloud_server.search.engine import SearchEngine
from cloud_server.search.heard import Heard
from cloud_server.search.index import build_index, open_index
from cloud_server.search.ranking import MIN_FIT, rank
from cloud_server.search.sounds import pronunciations
from models.pronounce.pronouncer import english
from models.records import Sounds
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


def sounding(text: str, alternatives: tuple[Hypothesis, ...] = ()) -> Heard:
    """Phones of `text`, as a perfect ear hears them."""
    return Heard(alternatives, Sounds("phones", pronunciations(text, english().pronounce)[0], np.empty((0, 0), np.float16)))


def test_what_is_spelled_wrong_is_found_by_its_sound(engine: SearchEngine) -> None:
    heard = sounding("krem broolay", (Hypothesis("xqzw", 1.0),))
    candidates = engine.candidates(heard)
    assert rank(candidates, None, 3) == ()
    fits = [0.0 if one.phrases("phones") == pronunciations("Crème Brûlée", english().pronounce) else MIN_FIT - 0.1 for one in candidates]
    (hit,) = rank(candidates, fits, 3)
    assert hit.id == "brulee"
    assert hit.matched is not None
    assert (hit.matched.field, hit.matched.how) == ("title", "acoustic")


def test_the_audio_overrules_letters(engine: SearchEngine) -> None:
    """Two titles alike in letters: the audio settles which; one that it speaks against is not found by its letters."""
    heard = Heard((Hypothesis("banana bread", 0.5), Hypothesis("apple pie", 0.5)))
    candidates = engine.candidates(heard)
    best = {one.phrases("phones")[0]: one for one in candidates}
    pie, bread = pronunciations("Apple Pie", english().pronounce)[0], pronunciations("Banana Bread", english().pronounce)[0]
    assert {pie, bread} <= best.keys()
    hits = rank(candidates, [{pie: -0.2, bread: -2.9}.get(one.phrases("phones")[0], -9.0) for one in candidates], 3)
    assert hits[0].id == "pie"


def test_what_is_found_by_its_words_stays_found_whatever_its_title_sounds_like(engine: SearchEngine) -> None:
    candidates = engine.candidates(Heard((Hypothesis("something with thin apples", 1.0),)))
    assert rank(candidates, [-50.0] * len(candidates), 1)[0].id == "pie"


def test_letters_are_the_phrases_of_a_model_without_phones(engine: SearchEngine) -> None:
    (best, *_) = engine.candidates(Heard((Hypothesis("creme brulee", 1.0),)))
    assert best.phrases("characters") == ("creme brulee",)


@pytest.mark.parametrize(
    ("heard", "in_full"),
    [
        ("show me a recipe for banana bread", True),
        ("banana brea", False),
        ("chicken noodle soop", False),
        ("creme brulee please", True),
        ("how do i make", False),
        ("", False),
    ],
)
def test_a_title_is_named_in_full_or_not(engine: SearchEngine, heard: str, in_full: bool) -> None:
    assert engine.names_in_full(heard) is in_full


def test_carrier_words_alone_find_nothing(engine: SearchEngine) -> None:
    """Every text of the catalogue has "the" in it."""
    assert engine.search([Hypothesis("the", 1.0)], 3) == ()
