"""Counts are pooled, groups are told apart, and nothing is scored that has no words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from models.evaluate.error_rates import Rates, error_rates, evaluate, group_of, labelled_rows
from models.recognizer import Recognizer
from protos.errors import ConfigurationError
from tests.models.tiny import bundle_of, saying, speaking_graph

words = st.lists(st.sampled_from(["ab", "b", "cab"]), min_size=1, max_size=5).map(" ".join)


def distance(wanted: list[str], heard: list[str]) -> int:
    """Levenshtein by its definition."""
    row = list(range(len(heard) + 1))
    for i, a in enumerate(wanted, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(heard, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


@given(st.lists(st.tuples(words, words | st.just("")), min_size=1, max_size=4))
def test_rates_are_summed_distances_over_summed_lengths(pairs: list[tuple[str, str]]) -> None:
    rates = error_rates([wanted for wanted, _ in pairs], [heard for _, heard in pairs])
    assert rates == Rates(
        len(pairs),
        sum(len(wanted.split()) for wanted, _ in pairs),
        sum(distance(wanted.split(), heard.split()) for wanted, heard in pairs),
        sum(len(wanted) for wanted, _ in pairs),
        sum(distance(list(wanted), list(heard)) for wanted, heard in pairs),
    )
    assert rates.wer == rates.word_errors / rates.words
    assert rates.cer == rates.character_errors / rates.characters


def test_both_sides_are_normalised_alike() -> None:
    assert error_rates(["Hello, World!"], ["hello world"]).character_errors == 0


@pytest.mark.parametrize("references", [[], [""], ["ok", "123"]])
def test_what_has_no_words_cannot_be_scored(references: list[str]) -> None:
    with pytest.raises(ValueError, match="empty"):
        error_rates(references, ["x"] * len(references))


@pytest.mark.parametrize(
    ("row", "group"),
    [
        ({"source": "cv13"}, "common voice"),
        ({"source": "cv20", "age_group": None}, "common voice"),
        ({"source": "speechocean762", "age_group": "child"}, "speechocean762 child"),
        ({"source": "kathleen"}, "kathleen"),
        ({}, "unknown"),
    ],
)
def test_groups_are_sources_and_ages(row: dict[str, str], group: str) -> None:
    assert group_of(row) == group


def test_rows_without_text_are_left_out_and_a_limit_thins_evenly(tmp_path: Path) -> None:
    rows = [{"audio": "a.flac", "text": chr(ord("a") + number) if number % 2 else None} for number in range(20)]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert [row["text"] for row in labelled_rows(tmp_path / "m.jsonl")] == list("bdfhjlnprt")
    assert [row["text"] for row in labelled_rows(tmp_path / "m.jsonl", 3)] == ["b", "h", "n"]


@pytest.mark.parametrize("raw", [None, "", "{", "3", '{"audio": "a.flac"}'])
def test_what_is_no_labelled_manifest_is_refused_by_name(tmp_path: Path, raw: str | None) -> None:
    if raw is not None:
        (tmp_path / "m.jsonl").write_text(raw)
    with pytest.raises(ConfigurationError, match=r"m\.jsonl"):
        labelled_rows(tmp_path / "m.jsonl")


def test_evaluation_goes_through_files_features_and_decoder(tmp_path: Path) -> None:
    recognizer = Recognizer(bundle_of(speaking_graph(saying("hello " + " " * 200))))
    for name, samples in (("a", 16_000), ("b", 16_000), ("short", 100)):
        soundfile.write(tmp_path / f"{name}.wav", np.random.default_rng(1).uniform(-0.5, 0.5, samples), 16_000)
    rows = [
        {"audio": "a.wav", "text": "hello", "source": "cv1"},
        {"audio": "b.wav", "text": "hello you", "source": "cv2"},
        {"audio": "short.wav", "text": "oh", "source": "kathleen"},
    ]
    rates = evaluate(recognizer, tmp_path / "m.jsonl", rows)
    assert {name: (one.utterances, one.words, one.word_errors) for name, one in rates.items()} == {
        "all": (3, 4, 2),
        "common voice": (2, 3, 1),
        "kathleen": (1, 1, 1),
    }
