"""Phrases are found by what they share with what was heard, the rare more than the common."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from models.decode.phrase_book import PhraseBook

SIZE = 6
PHRASES = st.lists(st.integers(1, SIZE - 1), max_size=8).map(tuple)


def test_the_phrase_that_was_heard_comes_first_even_if_a_symbol_is_wrong() -> None:
    book = PhraseBook([(1, 2, 3, 4), (4, 3, 2, 1), (1, 2, 4, 4)], SIZE)
    assert book.likely([1, 2, 3, 4], 3)[0] == 0
    assert book.likely([5, 3, 2, 1], 3)[0] == 1


def test_what_few_phrases_have_tells_more_than_what_many_have() -> None:
    book = PhraseBook([(1, 2, 5), (1, 2, 4), (1, 2, 3), (3, 4, 3)], SIZE)
    assert book.likely([1, 2, 1, 3, 4], 1).tolist() == [3]


def test_a_short_phrase_inside_a_long_one_does_not_come_before_it() -> None:
    book = PhraseBook([(1, 2), (1, 2, 3, 4, 5)], SIZE)
    assert book.likely([1, 2, 3, 4, 5], 2).tolist() == [1, 0]


def test_what_shares_nothing_is_not_likely() -> None:
    assert PhraseBook([(1, 2, 3)], SIZE).likely([4, 5, 4], 10).tolist() == []
    assert PhraseBook([], SIZE).likely([4, 5, 4], 10).tolist() == []
    assert PhraseBook([(1, 2)], SIZE).likely([], 10).tolist() == []


@given(st.lists(PHRASES, max_size=6), PHRASES, st.integers(1, 6))
def test_those_that_share_a_pair_are_exactly_those_found(phrases: list[tuple[int, ...]], heard: tuple[int, ...], count: int) -> None:
    def pairs(phrase: tuple[int, ...]) -> set[tuple[int, int]]:
        return set(pairwise(phrase))

    sharing = [number for number, phrase in enumerate(phrases) if pairs(phrase) & pairs(heard)]
    found = PhraseBook(phrases, SIZE).likely(heard, count).tolist()
    assert set(found) <= set(sharing)
    assert len(found) == min(count, len(sharing))
