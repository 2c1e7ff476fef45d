"""One form for everything that means the same number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.spoken.terms import canonical


@pytest.mark.parametrize(
    ("text", "sought"),
    [
        ("serves 6. 30 minutes", "serves six . thirty minutes"),
        ("two-hundred grams", "twohundred grams"),
        ("well-known dish", "well known dish"),
        ("1 cup, or 240 ml", "one cup , or twohundredforty milliliters"),
        ("3rd of may & may 3", "third may & third may"),
        ("麺 200g", "麺 twohundred grams"),
        ("", ""),
    ],
)
def test_numbers_are_joined_and_the_rest_stays(text: str, sought: str) -> None:
    assert canonical(text) == sought


@given(st.text("abc'. \u9eba", max_size=20))
def test_text_without_numbers_stays(text: str) -> None:
    assert canonical(text).replace(" ", "") == text.replace(" ", "")
