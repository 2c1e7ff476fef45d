"""Perplexity as by hand, and texts in their slices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.lm.arpa import from_arpa
from models.lm.perplexity import measure, read_groups
from protos.errors import ConfigurationError
from tests.models.lm.small import model_of

TENTHS = """\\data\\
ngram 1=4

\\1-grams:
-99\t<s>
-1\t</s>
-2\ttea
-3\tgreen

\\end\\
"""


def test_perplexity_is_the_geometric_mean_of_what_known_words_and_ends_cost() -> None:
    measured = measure(from_arpa(TENTHS), [("green", "tea"), ("zorblat",)])
    assert measured.perplexity == pytest.approx(10 ** ((3 + 2 + 1 + 1) / 4))
    assert (measured.sentences, measured.words, measured.unknown_words, measured.unknown_rate) == (2, 3, 1, 1 / 3)


def test_a_foretold_text_has_a_perplexity_near_one() -> None:
    assert measure(model_of([("add", "milk")] * 50, 3), [("add", "milk")]).perplexity < 1.1


def test_transcripts_are_grouped_by_slice(tmp_path: Path) -> None:
    rows = [
        {"text": "Add milk!", "source": "cv13"},
        {"text": "the list", "source": "speechocean762", "age_group": "child"},
        {"text": "to the list", "source": "cv20"},
    ]
    (tmp_path / "dev.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    groups = read_groups(tmp_path / "dev.jsonl")
    assert groups["cv"] == [("add", "milk"), ("to", "the", "list")]
    assert {name: len(group) for name, group in groups.items()} == {"cv": 2, "l2_child": 1, "all": 3}


def test_a_text_is_one_group(tmp_path: Path) -> None:
    (tmp_path / "dev.txt").write_text("add milk\n")
    assert read_groups(tmp_path / "dev.txt") == {"text": [("add", "milk")]}


@pytest.mark.parametrize("raw", ["", "{", "[1]\n", '{"audio": "x"}\n', '{"text": 3}\n', None])
def test_transcripts_that_are_none_are_refused(tmp_path: Path, raw: str | None) -> None:
    if raw is not None:
        (tmp_path / "dev.jsonl").write_text(raw)
    with pytest.raises(ConfigurationError, match=r"dev\.jsonl: "):
        read_groups(tmp_path / "dev.jsonl")
