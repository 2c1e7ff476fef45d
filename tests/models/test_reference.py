"""Distributions are counted, kept and read back; a file that was tampered with is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.reference import ALL, EDGES, histogram, parse_reference, reference_of, write_reference
from protos.errors import BundleError

ROWS = [("cv", {"seconds": 2.0, "confidence": 0.95}), ("cv", {"seconds": 0.1}), ("l2_child", {"seconds": 99.0, "confidence": 0.05, "pitch_hz": 250})]
PATH = Path("reference.json")


def test_every_slice_and_all_of_them() -> None:
    made = reference_of(ROWS)
    assert made.recordings == {ALL: 3, "cv": 2, "l2_child": 1}
    assert made.counts["cv"]["seconds"][0] == made.counts["cv"]["seconds"][4] == 1
    assert made.counts["l2_child"]["seconds"][-1] == 1
    assert sum(made.counts[ALL]["pitch_hz"]) == 1
    assert made.share_without("cv", "confidence") == 0.5


@given(st.lists(st.floats(-1e6, 1e6)))
def test_every_value_lies_in_one_bin(values: list[float]) -> None:
    for measure, edges in EDGES.items():
        bins = histogram(measure, values)
        assert len(bins) == len(edges) + 1
        assert sum(bins) == len(values)


def test_an_edge_belongs_to_the_bin_above() -> None:
    assert histogram("words", [1.0])[1] == 1
    assert histogram("words", [0.0])[0] == 1


def test_what_is_written_is_read() -> None:
    assert parse_reference(PATH, write_reference(reference_of(ROWS))) == reference_of(ROWS)


def changed(**values: Any) -> bytes:
    return json.dumps({**json.loads(write_reference(reference_of(ROWS))), **values}).encode()


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"{", "is no reference"),
        (b"[]", "is no reference"),
        (changed(format=9), "format is 9"),
        (changed(edges={"seconds": [1]}), "bins have other edges"),
        (changed(recordings={"cv": 2}), "must name the same slices"),
        (changed(recordings={ALL: 1, "cv": 2, "l2_child": 1}), "seconds of all has counts"),
        (changed(counts={ALL: {}}), "is no reference"),
        (changed(recordings={ALL: 3.5, "cv": 2, "l2_child": 1}), "all counts 3.5, must be a whole number from 0"),
        (changed(counts={ALL: {measure: [True] for measure in EDGES}}), "seconds of all counts True, must be a whole number"),
        (changed(counts={ALL: {measure: [-1] for measure in EDGES}}), "seconds of all counts -1, must be a whole number"),
    ],
)
def test_a_reference_that_breaks_a_rule_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(BundleError, match=why):
        parse_reference(PATH, raw)
