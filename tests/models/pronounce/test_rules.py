"""Phones as one character each, possessives, and words that are spelled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.pronounce.alphabet import PHONES, decode, encode
from models.pronounce.rules import is_spelled, possessive, possessor


@given(st.lists(st.sampled_from(PHONES)).map(tuple))
def test_a_code_is_one_character_a_phone_and_comes_back(phones: tuple[str, ...]) -> None:
    assert len(encode(phones)) == len(phones)
    assert decode(encode(phones)) == phones


def test_there_are_the_39_phones_of_arpabet() -> None:
    assert len(set(PHONES)) == 39


@pytest.mark.parametrize(("owner", "sound"), [("S", ("IH", "Z")), ("CH", ("IH", "Z")), ("T", ("S",)), ("F", ("S",)), ("G", ("Z",)), ("IY", ("Z",))])
def test_the_sound_of_a_possessive_follows_the_last_phone(owner: str, sound: tuple[str, ...]) -> None:
    assert decode(possessive(encode((owner,)))) == (owner, *sound)


@pytest.mark.parametrize(("word", "owner"), [("cat's", "cat"), ("cats", None), ("'s", None), ("boss's", "boss"), ("''s", None)])
def test_possessor(word: str, owner: str | None) -> None:
    assert possessor(word) == owner


@pytest.mark.parametrize(("word", "spelled"), [("bbq", True), ("rhythm", False), ("hmmmmm", False), ("b'q", False), ("tv", True)])
def test_is_spelled(word: str, spelled: bool) -> None:
    assert is_spelled(word) is spelled
