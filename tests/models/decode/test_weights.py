"""The weights survive their file, and what is no such file is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.decode.weights import Weights, parse_weights, write_weights
from protos.errors import BundleError

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.builds(Weights, finite, finite, finite, st.floats(0.01, 100)))
def test_what_was_written_is_read(weights: Weights) -> None:
    assert parse_weights(Path("decoder.json"), write_weights(weights, 499)) == weights


def test_the_first_head_counts_one() -> None:
    assert Weights(0.5, 1.5, -1.0).vector.tolist() == [1.0, 0.5, 1.5, -1.0]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "is not a decoder's weights"),
        (b"[]", "is not a decoder's weights"),
        (json.dumps({"format": 2, "weights": {}}).encode(), "format is 2"),
        (json.dumps({"format": 1, "weights": {"loudness": 1.0}}).encode(), "loudness"),
        (json.dumps({"format": 1, "weights": {"word": "much"}}).encode(), "much"),
        (json.dumps({"format": 1, "weights": {"word": float("nan")}}).encode(), "not finite"),
        (json.dumps({"format": 1, "weights": {"temperature": 0}}).encode(), "must be above 0"),
    ],
)
def test_what_is_no_such_file_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(BundleError, match=why):
        parse_weights(Path("decoder.json"), raw)
