"""Known items as the server keeps feedback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.judged import kept_in
from protos.errors import ConfigurationError

SEEN = json.dumps({"weights": {}, "candidates": [{"id": "7", "shown": 2}, {"id": "9", "shown": None}]})


def test_each_recording_is_a_click_on_its_own_item_by_its_speaker(tmp_path: Path) -> None:
    with kept_in(tmp_path / "judged.jsonl") as keep:
        keep("anna", "7", SEEN)
        keep("ben", "9", SEEN)
        keep("ben", "elsewhere", SEEN)
    lines = [json.loads(line) for line in (tmp_path / "judged.jsonl").read_text().splitlines()]
    assert [(line["subject_id"], line["segment_id"], line["kind"]) for line in lines] == [
        ("anna", 1, "clicked"),
        ("ben", 2, "clicked"),
        ("ben", 3, "clicked"),
    ]
    assert [line["details"] for line in lines] == [
        {"hit_id": "7", "position": 2},
        {"hit_id": "9", "position": -1},
        {"hit_id": "elsewhere", "position": -1},
    ]
    assert lines[0]["seen"] == json.loads(SEEN)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"), kept_in(tmp_path / "nowhere" / "judged.jsonl"):
        pass
