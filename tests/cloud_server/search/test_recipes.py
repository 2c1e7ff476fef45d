"""The catalogue we ship: real recipes, no near-duplicates, and found when half misheard."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import pytest

from benchmarks.noisy_titles import score_titles
from cloud_server.search.catalogue import default_catalogue, read_catalogue


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


def test_there_are_150_recipes_of_many_kitchens(rows: list[dict[str, Any]]) -> None:
    assert len(rows) == len(read_catalogue(default_catalogue())) == 150
    assert len({row["cuisine"] for row in rows}) >= 10


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


def test_titles_are_found_though_letters_are_wrong() -> None:
    clean, noisy = score_titles((0.0, 0.2), passes=1)
    assert clean.first == 1.0
    assert noisy.top3 > 0.9
