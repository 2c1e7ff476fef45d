"""The one rule of writing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text import normalise_text


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
