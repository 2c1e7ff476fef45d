"""Where a spoken number ends and what it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.spoken.counting import amount_at, integer_at, ordinal_at, pair_at, run_at
from models.spoken.numerals import cardinal, digits, ordinal


@given(st.integers(0, 10**15 - 1))
def test_every_cardinal_is_read_whole(number: int) -> None:
    words = cardinal(number).split()
    found = integer_at(words, 0)
    assert found is not None
    assert (found.value, found.end) == (number, len(words))


@given(st.integers(1, 999))
def test_every_ordinal_is_read_whole(number: int) -> None:
    words = ordinal(cardinal(number)).split()
    found = ordinal_at(words, 0)
    assert found is not None
    assert (found.value, found.end) == (number, len(words))


@given(st.text("0123456789", min_size=1, max_size=12))
def test_every_run_of_digits_is_read_whole(figures: str) -> None:
    found = run_at(digits(figures).split(), 0)
    assert found is not None
    assert found.figures == figures


@pytest.mark.parametrize(
    ("spoken", "written", "words_read"),
    [
        ("one hundred and five people", "105", 4),
        ("one hundred and two hundred", "100", 2),
        ("two thousand and two hundred", "2000", 2),
        ("two thousand and eight", "2008", 4),
        ("three thousand and eight", "3,008", 4),
        ("twenty thousand ten thousand", "20,000", 2),
        ("fifteen hundred meters", "1500", 2),
        ("a hundred grams", "100", 2),
        ("two point oh five", "2.05", 4),
        ("two point one point three", "2.1.3", 5),
        ("two point people", "2", 1),
        ("one point five million", "1.5 million", 4),
        ("two and a half", "2 1/2", 4),
        ("two and three quarter cups", "2 3/4", 4),
        ("two thirds", "2/3", 2),
        ("minus two point five", "-2.5", 4),
        ("five and six", "5", 1),
    ],
)
def test_amounts(spoken: str, written: str, words_read: int) -> None:
    found = amount_at(spoken.split(), 0)
    assert found is not None
    assert (found.written, found.end) == (written, words_read)


@pytest.mark.parametrize("spoken", ["people", "a million", "a cup", "minus people", "minus minus five", "point people", "third", "two third"])
def test_what_is_no_amount(spoken: str) -> None:
    found = amount_at(spoken.split(), 0)
    assert found is None or found.figures == "2"


def test_a_number_that_is_taken_away_is_not_negative() -> None:
    assert amount_at(["ten", "minus", "five"], 1) is None
    assert amount_at(["10", "minus", "five"], 1) is None


@pytest.mark.parametrize(
    ("spoken", "figures"),
    [
        ("nineteen eighty four", "1984"),
        ("nineteen oh six", "1906"),
        ("seven forty seven", "747"),
        ("twenty twenty", "2020"),
        ("twenty one thirty", None),
        ("ten five", None),
        ("nineteen eighty hundred", None),
    ],
)
def test_pairs(spoken: str, figures: str | None) -> None:
    found = pair_at(spoken.split(), 0)
    assert (found and found.figures) == figures


@pytest.mark.parametrize(
    ("spoken", "figures"),
    [
        ("double o seven", "007"),
        ("triple nine", "999"),
        ("one oh one point three", "101.3"),
        ("one two hundred", None),
        ("double cream", None),
        ("two point five", None),
    ],
)
def test_runs(spoken: str, figures: str | None) -> None:
    found = run_at(spoken.split(), 0)
    assert (found and found.figures) == figures
