"""The stretch of whole words that sounds most like a phrase, against every stretch there is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from models.decode.splice import stretches

SYMBOLS = st.integers(1, 4)
WORDS = st.lists(st.lists(SYMBOLS, min_size=1, max_size=4).map(tuple), min_size=1, max_size=5)
PHRASES = st.lists(st.lists(SYMBOLS, min_size=1, max_size=6).map(tuple), min_size=1, max_size=4)


def edits(words: list[tuple[int, ...]], phrase: tuple[int, ...], first: int, end: int) -> int:
    return Levenshtein.distance([symbol for word in words[first:end] for symbol in word], phrase)


def test_a_phrase_takes_the_place_of_the_words_that_sound_like_it() -> None:
    assert stretches([(1, 1), (2, 3), (4,), (1, 1)], [(2, 3, 3, 4), (1, 1)], 1) == [[(1, 3)], [(0, 1)]]


def test_several_stretches_end_with_different_words_the_nearest_first() -> None:
    assert stretches([(1, 2), (3, 4), (1, 2)], [(1, 2)], 2) == [[(0, 1), (2, 3)]]


def test_a_reading_without_words_or_too_long_for_a_query_has_none() -> None:
    assert stretches([], [(1, 2)], 1) == [[]]
    assert stretches([(1,) * 2048], [(1, 2)], 1) == [[]]
    assert stretches([(1, 2)], [], 1) == []


@given(WORDS, PHRASES)
def test_no_other_stretch_of_whole_words_has_fewer_edits(words: list[tuple[int, ...]], phrases: list[tuple[int, ...]]) -> None:
    for phrase, found in zip(phrases, stretches(words, phrases, len(words)), strict=True):
        least = min(edits(words, phrase, first, end) for first in range(len(words)) for end in range(first + 1, len(words) + 1))
        if found and least < len(phrase):  # else nothing at all in its place is as near
            assert edits(words, phrase, *found[0]) == least
        for first, end in found:
            assert 0 <= first < end <= len(words)
            assert edits(words, phrase, first, end) == min(edits(words, phrase, other, end) for other in range(end)) or least >= len(phrase)
