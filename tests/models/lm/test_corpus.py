"""What is a sentence, what is a word, and which words a model has."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import pytest

from models.lm.backoff import MARKS
from models.lm.corpus import choose_words, count_words, encode, is_word, read_sentences
from models.pronounce.pronouncer import english
from protos.errors import ConfigurationError


@pytest.mark.parametrize("name", ["queries.txt", "queries.txt.gz"])
def test_a_text_is_read_normalised_and_without_empty_lines(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    raw = "Crème brûlée, for 2!\n\n  \nplay don't stop\n".encode()
    path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    assert read_sentences(path) == [("creme", "brulee", "for", "two"), ("play", "don't", "stop")]


@pytest.mark.parametrize("raw", [b"", b"?!\n", b"\xff\xfe\n"])
def test_a_text_without_a_sentence_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "none.txt").write_bytes(raw)
    with pytest.raises(ConfigurationError, match=r"none\.txt: "):
        read_sentences(tmp_path / "none.txt")


@pytest.mark.parametrize("name", ["absent.txt", "broken.gz"])
def test_a_text_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "broken.gz").write_bytes(b"plain")
    with pytest.raises(ConfigurationError, match=name):
        read_sentences(tmp_path / name)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("a", True),
        ("i", True),
        ("o", True),
        ("s", False),
        ("'s", False),
        ("'", False),
        ("it's", True),
        ("hmm", True),
        ("xqz", False),
        ("zorblat", True),
    ],
)
def test_a_word_is_what_can_be_said_as_one(word: str, expected: bool) -> None:
    assert is_word(word, english()) is expected


def test_once_is_enough_for_what_the_dictionary_has() -> None:
    counts = Counter({"tomato": 1, "zorblat": 1, "gochujang": 2, "t": 9})
    assert choose_words(counts, english(), min_count=2) == (*MARKS, "gochujang", "tomato")


def test_words_are_counted_over_all_texts() -> None:
    assert count_words([[("a", "b")], [("b",)]]) == {"a": 1, "b": 2}


def test_what_is_not_a_word_of_the_model_is_unknown() -> None:
    assert encode([("tea", "x"), ()], (*MARKS, "tea")).tolist() == [0, 3, 2, 1, 0, 1]
