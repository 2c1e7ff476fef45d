"""Our own set of spoken queries with numbers: written, read back and searched for as people expect, at least 98 in 100 exactly."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from models.text import Region, normalise_text, search_text, write_numbers

REQUIRED = 0.98
QUERIES: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parents[2] / "data" / "number_queries.jsonl").read_text(encoding="utf-8").splitlines()
]


def judge(what: str, pairs: list[tuple[str, str, str]]) -> None:
    """pairs: (given, made, wanted)."""
    wrong = [f"{given!r} -> {made!r}, not {wanted!r}" for given, made, wanted in pairs if made != wanted]
    print(f"{what}: {len(pairs) - len(wrong)} of {len(pairs)} exact", *wrong, sep="\n  ")
    assert len(wrong) <= (1 - REQUIRED) * len(pairs), wrong


def region(row: dict[str, Any]) -> Region:
    return Region(row.get("region", Region.US))


def test_the_set_has_200_queries_of_every_kind_and_none_twice() -> None:
    assert len({row["spoken"] + region(row) for row in QUERIES}) == len(QUERIES) >= 200
    kinds = Counter(row["kind"] for row in QUERIES)
    assert len(kinds) == 16
    assert min(kinds.values()) >= 8


def test_what_was_said_is_written() -> None:
    judge("written", [(row["spoken"], write_numbers(row["spoken"], region(row)).text, row["written"]) for row in QUERIES])


def test_what_is_written_is_read_aloud() -> None:
    judge("read aloud", [(row["written"], normalise_text(row["written"]), row.get("read_back", row["spoken"])) for row in QUERIES])


def test_every_form_is_searched_for_in_the_same_words() -> None:
    forms = [(form, row["canonical"]) for row in QUERIES for form in (row["spoken"], row["written"], *row.get("same", []))]
    judge("searched for", [(form, search_text(form).replace(" ,", ""), wanted) for form, wanted in forms])


def test_the_words_that_were_said_come_back_from_what_is_written() -> None:
    assert [row["spoken"] for row in QUERIES if write_numbers(row["spoken"], region(row)).spoken != row["spoken"]] == []
