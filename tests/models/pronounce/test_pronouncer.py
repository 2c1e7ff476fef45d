"""Words as people say them: from the lexicon, by rule, or guessed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.pronounce.alphabet import PHONES
from models.pronounce.pronouncer import english
from models.text import normalise_text


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("tomato", "T AH M EY T OW"),
        ("k", "K EY"),
        ("bbq", "B IY B IY K Y UW"),
        ("shepherd's", "SH EH P ER D Z"),
        ("shepherds'", "SH EH P ER D Z"),
        ("boss's", "B AO S IH Z"),
        ("garlic", "G AA R L IH K"),
    ],
)
def test_known_words(word: str, phones: str) -> None:
    assert " ".join(english().pronounce(word)[0].phones) == phones


@pytest.mark.parametrize("word", ["zorblat", "gochujang", "florpish"])
def test_words_of_no_dictionary_are_guessed_several_ways(word: str) -> None:
    guesses = english().pronounce(word, 5)
    assert word not in english()
    assert len({guess.phones for guess in guesses}) == len(guesses) == 5


def test_a_guess_follows_the_letters() -> None:
    assert " ".join(english().pronounce("blatting", 1)[0].phones) == "B L AE T IH NG"


@given(st.text("abcdefghijklmnopqrstuvwxyz'", min_size=1, max_size=14).filter(lambda word: bool(word.strip("'"))), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_every_word_has_pronunciations_whose_shares_are_a_distribution(word: str, count: int) -> None:
    said = english().pronounce(word, count)
    assert said
    assert said == english().pronounce(word, count)
    assert all(one.phones and set(one.phones) <= set(PHONES) for one in said)
    shares = [one.probability for one in said]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 1 + 1e-9


@pytest.mark.parametrize("word", ["Tomato", "café", "two words", "r2d2", "", "'"])
def test_what_is_not_written_in_letters_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="letter|pronounced"):
        english().pronounce(word)


def test_a_text_is_its_words(root: Path) -> None:
    assert english().phones("rock ' roll") == (*english().pronounce("rock")[0].phones, *english().pronounce("roll")[0].phones)


def test_every_title_of_the_catalogue_can_be_said(root: Path) -> None:
    rows = (root / "cloud_server" / "search" / "catalogues" / "recipes.jsonl").read_text().splitlines()
    assert all(english().phones(normalise_text(json.loads(row)["title"])) for row in rows)
