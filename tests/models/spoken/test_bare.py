"""Numbers without a unit."""

from __future__ import annotations

import pytest

from models.spoken.bare import bare_at, numbered_at


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("nineties", "90s"),
        ("nineteen eighties", "1980s"),
        ("five eighties", None),
        ("two to three", "2-3"),
        ("nineteen thirty nine to nineteen forty five", "1939-1945"),
        ("three to two", None),
        ("nine one one", "911"),
        ("nine one", None),
        ("nine one one grams", None),
        ("nineteen eighty four", "1984"),
        ("fifteen twenty minutes", "15"),
        ("tenth", "10th"),
        ("ninth", None),
        ("nine", None),
        ("ten", "10"),
        ("zero", None),
        ("minus three", "-3"),
        ("two thirds", "2/3"),
        ("point five", "0.5"),
    ],
)
def test_bare(spoken: str, written: str | None) -> None:
    found = bare_at(spoken.split(), 0)
    assert (found and found[0]) == written


def test_the_point_of_something_is_no_decimal() -> None:
    assert bare_at(["the", "point", "five", "people", "made"], 1) is None


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("channel five", "5"),
        ("version two point one", "2.1"),
        ("boeing seven forty seven", "747"),
        ("bus two one", "21"),
        ("code twenty nine thousand nine hundred and seventy eight", "29978"),
        ("bus five minutes", None),
        ("bus six pm", None),
        ("room service", None),
        ("eggs five", None),
    ],
)
def test_after_a_word_for_something_numbered_every_number_is_in_figures(spoken: str, written: str | None) -> None:
    found = numbered_at(spoken.split(), 1)
    assert (found and found[0]) == written
