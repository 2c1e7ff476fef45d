"""Other people's files become sentences; what a model is judged by does not."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from models.lm.sources import harvest, split_sentences, without
from protos.errors import ConfigurationError


def said(path: Path) -> list[str]:
    return [" ".join(sentence) for sentence in harvest(path)]


def test_prose_ends_a_sentence_at_a_stop_before_a_capital_or_a_figure() -> None:
    prose = 'He paid 3.5 km away. It was\nlate. 20 men came! "Why?" Nobody i.e. no one said\n\nA title\n\nThe end'
    assert split_sentences(prose) == [
        "He paid 3.5 km away.",
        "It was late.",
        "20 men came!",
        '"Why?',
        "Nobody i.e. no one said",
        "A title",
        "The end",
    ]


def test_an_initial_or_a_title_ends_no_sentence() -> None:
    prose = "It was J. R. Smith and Dr. Jones of St. Ives. They left."
    assert split_sentences(prose) == ["It was J. R. Smith and Dr. Jones of St. Ives.", "They left."]


@pytest.mark.parametrize("name", ["prose.txt", "prose.txt.gz"])
def test_prose_is_normalised_and_single_words_are_left_out(tmp_path: Path, name: str) -> None:
    raw = "Crème brûlée serves 2. Yes. It's good.\n".encode()
    (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    assert said(tmp_path / name) == ["creme brulee serves two", "it's good"]


def test_summaries_of_articles_lose_their_asides(tmp_path: Path) -> None:
    path = tmp_path / "summaries.json"
    path.write_text(json.dumps({"Tea": {"extract": "Tea (from Min Nan) is a drink. It is old [1]."}}))
    assert said(path) == ["tea is a drink", "it is old"]


def test_a_gloss_gives_its_definitions_and_its_examples(tmp_path: Path) -> None:
    path = tmp_path / "data.noun"
    path.write_text(
        "  1 This software and database is being provided  \n"
        '00002684 03 n 01 object 0 001 @ 00001930 n 0000 | a tangible (physical) entity; an entity that casts a shadow; "it was full of objects"  \n'
    )
    assert said(path) == ["it was full of objects", "a tangible entity", "an entity that casts a shadow"]


def test_what_a_teacher_heard_counts_only_where_nobody_wrote_and_it_was_sure(tmp_path: Path) -> None:
    path = tmp_path / "speech.jsonl"
    rows = [
        {"text": "add milk", "teacher": {"text": "had milk", "mean_logprob": -0.1}},
        {"text": None, "teacher": {"text": "the tea was green", "mean_logprob": -0.2}},
        {"text": None, "teacher": {"text": "the sea was dream", "mean_logprob": -0.21}},
        {"text": None},
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert said(path) == ["add milk", "the tea was green"]
    assert len(list(harvest(path, sure=-0.3))) == 3


@pytest.mark.parametrize(
    ("name", "raw"), [("x.json", b"[1]"), ("x.json", b"{"), ("x.jsonl", b"3\n"), ("x.gz", b"plain"), ("x.txt", b"\xff\xfe"), ("none.txt", None)]
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, raw: bytes | None) -> None:
    if raw is not None:
        (tmp_path / name).write_bytes(raw)
    with pytest.raises(ConfigurationError, match=name):
        list(harvest(tmp_path / name))


HELD = [("he", "was", "born", "and", "raised", "in", "new", "york", "city"), ("i", "see")]


@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        ("he was born and raised in new york city", False),
        ("he was born and raised in new york", False),
        ("they say he was born and raised in new york city by his aunt", False),
        ("she was raised in new york city", True),
        ("he was born in york", True),
        ("i see", False),
        ("i see the tower from here", True),
        ("see", True),
    ],
)
def test_a_sentence_that_is_held_back_is_left_out_and_so_is_nearly_the_same(sentence: str, kept: bool) -> None:
    words = tuple(sentence.split())
    assert without([words], HELD) == ([words] if kept else [])
