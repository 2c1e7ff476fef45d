"""What is looked up for a text."""

from __future__ import annotations

import pytest

from cloud_server.search.terms import content_words, letter_grams, stems_of, words_of


def test_accents_and_case_are_folded_as_a_recogniser_writes() -> None:
    assert words_of("Crème BRÛLÉE") == ["creme", "brulee"]
    assert words_of("Shepherd's pie, 30 min") == ["shepherd's", "pie", "thirty", "minutes"]


def test_a_number_is_one_word_however_it_was_said_or_written() -> None:
    for form in ("two hundred grams", "200 grams", "200g", "200 g"):
        assert content_words(form) == ["twohundred", "grams"]
    assert letter_grams(content_words("200 g")) == letter_grams(["two", "hundred", "grams"])


@pytest.mark.parametrize(
    ("query", "words"),
    [("find me a recipe for apple pie", ["apple", "pie"]), ("what is", ["what", "is"]), ("", [])],
)
def test_carrier_words_are_dropped_unless_nothing_else_is_left(query: str, words: list[str]) -> None:
    assert content_words(query) == words


def test_letter_grams_do_not_know_where_words_end() -> None:
    assert letter_grams(["ta", "rt"]) == letter_grams(["tart"]) == {"ta", "ar", "rt", "tar", "art"}
    assert letter_grams(["ab"]) == {"ab"}
    assert letter_grams(["a"]) == {"a"}
    assert letter_grams([]) == frozenset()


def test_stems_are_those_of_the_index() -> None:
    assert stems_of("Bananas baking Crème") == ["banana", "bake", "creme"]
