"""A file of weights: read as it was written, refused otherwise, and never a reason not to serve."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cloud_server.search.learnt import read_weights, weights_or_shipped, write_weights
from cloud_server.search.weights import SHIPPED, Weights, as_mapping
from protos.errors import ConfigurationError

LEARNT = Weights(audio=50.0, sounds=2.0)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_weights(tmp_path / "w.json", LEARNT, {"learnt": {"clicks": 80}})
    assert read_weights(tmp_path / "w.json") == weights_or_shipped(tmp_path / "w.json") == LEARNT
    assert json.loads((tmp_path / "w.json").read_text())["learnt"] == {"clicks": 80}
    assert [path.name for path in tmp_path.iterdir()] == ["w.json"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        ("{", "is no file of weights"),
        ("[]", "is no file of weights"),
        ('{"format": 2, "weights": {}}', "format is 2, this version reads 1"),
        ('{"format": 1, "weights": {"audio": 1}}', "has weights of audio; there must be title"),
        (json.dumps({"format": 1, "weights": {**as_mapping(SHIPPED), "audio": -1}}), "the weight of audio is -1, must be a number from 0"),
        (json.dumps({"format": 1, "weights": {**as_mapping(SHIPPED), "text": "much"}}), "the weight of text is 'much'"),
        (json.dumps({"format": 1, "weights": {**as_mapping(SHIPPED), "text": float("nan")}}), "the weight of text is nan"),
    ],
)
def test_what_is_not_weights_is_refused_and_a_server_serves_with_the_shipped_ones(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: str | None, words: str
) -> None:
    path = tmp_path / "w.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigurationError, match=words):
        read_weights(path)
    assert weights_or_shipped(path) == SHIPPED
    assert "searching with the weights that are shipped" in caplog.text
    assert words in caplog.text


def test_no_file_is_no_fault(caplog: pytest.LogCaptureFixture) -> None:
    assert weights_or_shipped(None) == SHIPPED
    assert caplog.text == ""


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere/w.json: weights cannot be written"):
        write_weights(tmp_path / "nowhere" / "w.json", LEARNT, {})
