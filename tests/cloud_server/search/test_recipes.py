"""The catalogue we ship: real recipes, no near-duplicates, and found when half misheard."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from typing import Any

import pytest

from benchmarks.noisy_titles import score_titles
from cloud_server.search.catalogue import default_catalogue, read_catalogue
from models.pronounce.alphabet import encode
from models.pronounce.pronouncer import english
from models.text import normalise_text


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return [json.loads(line) for line in default_catalogue().read_text().splitlines()]


def overlap(left: set[Any], right: set[Any]) -> float:
    return len(left & right) / len(left | right)


def word_triples(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z']+", text.lower())
    return set(zip(words, words[1:], words[2:], strict=False))


def near_duplicates(rows: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Pairs with the same title words, mostly the same ingredients, or much the same method."""
    found = []
    for left, right in itertools.combinations(rows, 2):
        if set(left["title"].lower().split()) == set(right["title"].lower().split()):
            found.append((left["id"], right["id"], "title"))
        if overlap(set(left["ingredients"]), set(right["ingredients"])) > 0.6:
            found.append((left["id"], right["id"], "ingredients"))
        if overlap(word_triples(left["text"]), word_triples(right["text"])) > 0.3:
            found.append((left["id"], right["id"], "method"))
    return found


def test_there_are_600_recipes_of_many_kitchens(rows: list[dict[str, Any]]) -> None:
    assert len(rows) == len(read_catalogue(default_catalogue())) == 600
    assert len({row["cuisine"] for row in rows}) >= 40


def test_every_recipe_is_whole(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        assert re.fullmatch(r"[a-z0-9-]+", row["id"]), row["id"]
        assert 5 <= len(row["ingredients"]) <= 10, row["id"]
        assert 3 <= len(row["tags"]) <= 6, row["id"]
        assert row["minutes"] > 0, row["id"]
        assert len(re.findall(r"[.!?](?=\s|$)", row["text"])) == 2, row["id"]


def test_no_recipe_is_there_twice(rows: list[dict[str, Any]]) -> None:
    assert near_duplicates(rows) == []


def test_a_near_duplicate_would_be_noticed(rows: list[dict[str, Any]]) -> None:
    copy = {**rows[0], "id": "copy", "title": "Something Else"}
    assert {why for _, _, why in near_duplicates([*rows[:20], copy])} == {"ingredients", "method"}


def test_no_two_titles_sound_nearly_alike(rows: list[dict[str, Any]]) -> None:
    """A quarter of the phones is more than a good recogniser gets wrong of a title."""
    english_ = english()
    said = [(row["title"], encode(english_.phones(normalise_text(row["title"])))) for row in rows]
    close = [
        (one, other) for (one, left), (other, right) in itertools.combinations(said, 2) if are_closer(left, right, 0.25 * max(len(left), len(right)))
    ]
    assert close == []


def are_closer(left: str, right: str, limit: float) -> bool:
    """Whether fewer insertions, deletions and substitutions than `limit` make one the other."""
    if abs(len(left) - len(right)) >= limit or (Counter(left) - Counter(right)).total() >= limit:
        return False
    row = list(range(len(right) + 1))
    for at, phone in enumerate(left, 1):
        before, row = row, [at]
        for place, other in enumerate(right, 1):
            row.append(min(row[-1] + 1, before[place] + 1, before[place - 1] + (phone != other)))
    return row[-1] < limit


def test_titles_are_found_though_letters_are_wrong() -> None:
    clean, noisy = score_titles((0.0, 0.2), passes=1)
    assert clean.first == 1.0
    assert noisy.top3 > 0.9
