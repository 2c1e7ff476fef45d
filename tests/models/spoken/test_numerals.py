"""Numbers as words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.spoken.numerals import DECADE_OF, DENOMINATOR_OF, ORDINAL_VALUE_OF, cardinal, ordinal, plural, whole, year


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


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ("7", "seven"),
        ("007", "zero zero seven"),
        ("101", "one hundred one"),
        ("1000", "one thousand"),
        ("1066", "ten sixty six"),
        ("1500", "fifteen hundred"),
        ("1906", "nineteen oh six"),
        ("2000", "two thousand"),
        ("2008", "two thousand eight"),
        ("2024", "twenty twenty four"),
        ("2500", "two thousand five hundred"),
        ("15000", "fifteen thousand"),
        ("90210", "nine zero two one zero"),
    ],
)
def test_figures_that_count_nothing_are_read_as_a_year_a_number_or_digits(figures: str, words: str) -> None:
    assert whole(figures) == words


def test_last_words_are_turned() -> None:
    assert [ordinal(words) for words in ("one", "twenty two", "eight", "twelve", "ninety", "one hundred")] == [
        "first",
        "twenty second",
        "eighth",
        "twelfth",
        "ninetieth",
        "one hundredth",
    ]
    assert [plural(words) for words in ("half", "third", "nineteen eighty")] == ["halves", "thirds", "nineteen eighties"]
    assert (year(1900), year(1984)) == ("nineteen hundred", "nineteen eighty four")


def test_words_have_the_values_they_were_made_from() -> None:
    assert (ORDINAL_VALUE_OF["fifth"], ORDINAL_VALUE_OF["fortieth"], DECADE_OF["nineties"]) == (5, 40, 90)
    assert DENOMINATOR_OF["tenth"] == 10
