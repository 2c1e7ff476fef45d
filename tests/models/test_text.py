"""The one rule of writing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text import normalise_text, search_text, write_numbers


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("", ""),
        ("Hello,  World!", "hello world"),
        ("don\u2019t", "don't"),
        ("Crème Brûlée", "creme brulee"),
        ("Straße", "strasse"),
        ("\uff26\uff35\uff2c\uff2c width", "full width"),
        ("\U0001d400bc", "abc"),
        ("İstanbul", "istanbul"),
        ("well-known\ttab\nline", "well known tab line"),
        ("2 eggs", "two eggs"),
    ],
)
def test_text_becomes_letters_apostrophes_and_single_spaces(written: str, normal: str) -> None:
    assert normalise_text(written) == normal


@pytest.mark.parametrize(
    "forms",
    [
        ("20 %", "20%", "20 percent", "Twenty percent"),
        ("200 g", "200g", "200 grams", "two-hundred grams"),
        ("½ cup", "1/2 cup", "half a cup"),
        ("1½ cups", "1 1/2 cups", "one and a half cups"),
        ("6:30 pm", "6:30pm", "6.30 p.m.", "six thirty pm"),
        ("180 °C", "180°C", "180 ºC", "180C", "one hundred eighty degrees celsius"),
        ("$5.50", "five dollars fifty"),
        ("May 3", "May 3rd", "may third"),
        ("-5", "−5", "minus five"),
        ("2-3 cups", "2–3 cups", "two to three cups"),
    ],
    ids=lambda forms: str(forms[0]),
)
def test_forms_read_alike_make_no_word_error_between_them(forms: tuple[str, ...]) -> None:
    assert {normalise_text(form) for form in forms} == {normalise_text(forms[-1])}
    assert len({search_text(form) for form in forms}) == 1


@given(st.text())
def test_search_text_has_no_capitals_and_stays_as_it_is_when_nothing_is_a_number(text: str) -> None:
    sought = search_text(text)
    assert sought == sought.casefold()
    assert not any(character.isdecimal() for character in sought)


def test_said_shown_and_sought() -> None:
    assert normalise_text("200g of Crème") == "two hundred grams of creme"
    assert write_numbers("two hundred grams of creme").text == "200 g of creme"
    assert search_text("200g of Crème") == "twohundred grams of creme"


@given(st.text())
def test_normal_text_has_only_the_models_characters_and_stays_as_it_is(text: str) -> None:
    normal = normalise_text(text)
    assert re.fullmatch(r"([a-z']+( [a-z']+)*)?", normal)
    assert normalise_text(normal) == normal


@pytest.mark.shared
@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_labels_of_the_shared_speech_are_already_normal(shared_dir: Path, split: str) -> None:
    rows = [json.loads(line) for line in (shared_dir / "speech" / f"{split}.jsonl").read_text().splitlines()]
    assert [row["text"] for row in rows if row["text"] and normalise_text(row["text"]) != row["text"]] == []
