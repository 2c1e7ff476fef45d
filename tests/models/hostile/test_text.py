from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text import normalise_text


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", ""),
        (" \t\n", ""),
        ("Crème  Brûlée, please!", "creme brulee please"),
        ("DON'T", "don't"),
        ("don\u2019t", "don't"),
        ("don\u00b4t", "don't"),
        ("rock \uff07n\uff07 roll", "rock 'n' roll"),
        ("\ufb01sh \ufb02akes", "fish flakes"),
        ("Smørrebrød, Æbleskiver, œufs, żurek łosoś", "smorrebrod aebleskiver oeufs zurek losos"),
        ("Weißwürste", "weisswurste"),
        ("bro\u00adwnie", "brownie"),
        ("half-baked", "half baked"),
        ("route 66", "route sixty six"),
        ("\u0130stanbul kebab\u0131", "istanbul kebabi"),
        ("麺", ""),
    ],
)
def test_text_is_written_in_one_way(written: str, said: str) -> None:
    assert normalise_text(written) == said


@given(st.text(max_size=40))
def test_any_text_comes_out_in_the_alphabet_and_stays_as_it_is(text: str) -> None:
    once = normalise_text(text)
    assert re.fullmatch(r"([a-z']+( [a-z']+)*)?", once)
    assert normalise_text(once) == once


@given(st.text("abcxyz' ", max_size=40))
def test_letters_are_never_lost(text: str) -> None:
    assert normalise_text(text.upper()) == " ".join(text.split())
