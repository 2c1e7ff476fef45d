"""Counts are those of the fewest edits, and add up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.evaluate.counts import NONE, Counts, count, matched, matches, substitutions

symbols = st.lists(st.sampled_from(["ab", "b", "cab"]), max_size=6)


def distance(wanted: list[str], heard: list[str]) -> int:
    """Levenshtein by its definition."""
    row = list(range(len(heard) + 1))
    for i, a in enumerate(wanted, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(heard, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


@given(symbols, symbols)
def test_errors_are_the_edit_distance(wanted: list[str], heard: list[str]) -> None:
    counts = count(wanted, heard)
    assert counts.errors == distance(wanted, heard)
    assert counts.length == len(wanted)
    assert counts.length - counts.deletions + counts.insertions == len(heard)
    assert len(substitutions(wanted, heard)) == counts.substitutions


@given(symbols, symbols)
def test_substitutions_name_symbols_that_differ(wanted: list[str], heard: list[str]) -> None:
    assert all(said != got and said in wanted and got in heard for said, got in substitutions(wanted, heard))


@given(symbols, symbols)
def test_matches_are_equal_in_order_and_all_that_no_edit_touches(wanted: list[str], heard: list[str]) -> None:
    pairs = matches(wanted, heard)
    assert all(wanted[said] == heard[got] for said, got in pairs)
    assert pairs == sorted(pairs)
    assert len({said for said, _ in pairs}) == len({got for _, got in pairs}) == len(pairs)
    counts = count(wanted, heard)
    assert len(pairs) == sum(matched(wanted, heard)) == counts.length - counts.substitutions - counts.deletions


def test_a_string_is_its_characters() -> None:
    assert count("kitten", "sitting") == Counts(6, 2, 0, 1)


def test_counts_add_up() -> None:
    assert sum([Counts(4, 1, 0, 0), Counts(6, 0, 2, 1)], NONE) == Counts(10, 1, 2, 1)
