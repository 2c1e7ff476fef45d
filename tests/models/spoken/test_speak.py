"""Written numbers as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.spoken.speak import readings, spell_numbers


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("0", "zero"),
        ("7 up", "seven up"),
        ("room 101", "room one hundred one"),
        ("1,500", "one thousand five hundred"),
        ("1500", "fifteen hundred"),
        ("1984", "nineteen eighty four"),
        ("2024", "twenty twenty four"),
        ("3.05", "three point zero five"),
        (".5", "zero point five"),
        ("50%", "fifty percent"),
        ("$5", "five dollars"),
        ("$1", "one dollar"),
        ("$0.05", "five cents"),
        ("£1.00", "one pound"),
        ("-$5", "minus five dollars"),
        ("-1/2 cup", "minus half a cup"),
        ("1st 2nd 3rd 12th 20th 21st", "first second third twelfth twentieth twenty first"),
        ("1,000,000", "one million"),
        ("12,34", "twelve , thirty four"),
        ("9999999999999999", "nine " * 15 + "nine"),
        ("4x4", "four x four"),
        ("24/7", "twenty four / seven"),
        ("1080p", "ten eighty p"),
        ("50p", "fifty pence"),
        ("16:9", "sixteen : nine"),
        ("18:30", "eighteen thirty"),
        ("6.30 pm", "six thirty pm"),
        ("5-3", "five three"),
        ("3 may be enough", "three may be enough"),
        ("may 3 cups", "may three cups"),
        ("the 80s and 45s", "the eighties and forty five seconds"),
        ("\u0663 eggs", "three eggs"),
        ("none", "none"),
    ],
)
def test_table(written: str, spoken: str) -> None:
    assert " ".join(spell_numbers(written).split()) == spoken


def test_ways_of_writing_one_value_have_one_term() -> None:
    for ways in (
        ["1.5 cups", "1 1/2 cups", "1.50 cups"],
        ["1.5 million", "1,500,000"],
        ["6 pm", "6:00 pm", "6 p.m."],
        ["may 3", "3rd of may", "may the 3rd"],
    ):
        terms = {tuple(term for reading in readings(way) for term in reading.terms) for way in ways}
        assert len(terms) == 1, terms


def test_versions_that_differ_have_terms_that_differ() -> None:
    assert next(readings("3.10")).terms != next(readings("3.1")).terms


@given(st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=20))
def test_text_without_digits_stays(text: str) -> None:
    assert spell_numbers(text) == text


@given(st.text("0123456789.,:/-$%sthndapm ", max_size=20))
def test_no_digit_is_left(text: str) -> None:
    assert not any(character.isdigit() for character in spell_numbers(text))
