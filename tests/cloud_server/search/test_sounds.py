"""Titles as phones."""

from __future__ import annotations

import pytest

from cloud_server.search.sounds import MAX_PRONUNCIATIONS, pronunciations, sound_grams
from models.pronounce.alphabet import encode
from models.pronounce.pronouncer import english


def test_a_title_sounds_like_its_words_in_all_likely_ways() -> None:
    ways = pronunciations("Two Tomatoes!", english().pronounce)
    assert ways[0] == encode(("T", "UW", *english().phones("tomatoes")))
    assert len(ways) == 2
    assert len(set(ways)) == 2


def test_numbers_are_said_and_accents_are_not_lost() -> None:
    assert pronunciations("7 up", english().pronounce)[0] == encode(english().phones("seven up"))
    assert pronunciations("Crème", english().pronounce) == pronunciations("creme", english().pronounce)


@pytest.mark.parametrize("title", ["", "''", "★", "北京"])
def test_what_nobody_can_say_has_no_sound(title: str) -> None:
    assert pronunciations(title, english().pronounce) == ()


def test_long_titles_have_few_ways() -> None:
    assert len(pronunciations("the a an either often tomato data route aunt the a either", english().pronounce)) == MAX_PRONUNCIATIONS


@pytest.mark.parametrize(("code", "grams"), [("", []), ("a", ["a"]), ("ab", ["ab"]), ("abab", ["ab", "ba", "ab", "aba", "bab"])])
def test_grams(code: str, grams: list[str]) -> None:
    assert sound_grams(code) == grams
