"""Numbers as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.numbers import cardinal, spell_numbers


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("0", "zero"),
        ("7 up", "seven up"),
        ("room 101", "room one hundred one"),
        ("1,500", "one thousand five hundred"),
        ("1500", "fifteen hundred"),
        ("1984", "nineteen eighty four"),
        ("1906", "nineteen oh six"),
        ("2000", "two thousand"),
        ("2024", "two thousand twenty four"),
        ("3.05", "three point zero five"),
        ("50%", "fifty percent"),
        ("$5", "five dollars"),
        ("1st 2nd 3rd 12th 20th 21st", "first second third twelfth twentieth twenty first"),
        ("1,000,000", "one million"),
        ("12,34", "twelve , thirty four"),
        ("9999999999999999", "nine " * 15 + "nine"),
        ("4x4", "four x four"),
        ("none", "none"),
    ],
)
def test_table(written: str, spoken: str) -> None:
    assert " ".join(spell_numbers(written).split()) == spoken


@given(st.integers(0, 10**15 - 1))
def test_the_words_of_a_number_add_up_to_it(number: int) -> None:
    """Read back by a grammar of its own."""
    ones = {cardinal(n): n for n in range(20)} | {cardinal(n): n for n in range(20, 100, 10)}
    scales = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
    total = group = 0
    for word in cardinal(number).split():
        if word == "hundred":
            group *= 100
        elif word in scales:
            total, group = total + group * scales[word], 0
        else:
            group += ones[word]
    assert total + group == number


@given(st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=20))
def test_text_without_digits_stays(text: str) -> None:
    assert spell_numbers(text) == text


@given(st.text("0123456789.,$%sthnd ", max_size=20))
def test_no_digit_is_left(text: str) -> None:
    assert not any(character.isdigit() for character in spell_numbers(text))
