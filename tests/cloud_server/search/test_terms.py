"""What is looked up for a text."""

from __future__ import annotations

import pytest

from cloud_server.search.terms import content_words, fold, letter_grams, stems_of, words_of


def test_accents_and_case_are_folded_as_a_recogniser_writes() -> None:
    assert fold("Crème BRÛLÉE") == "creme brulee"
    assert words_of("Shepherd's pie, 30 min") == ["shepherd's", "pie", "30", "min"]


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
