"""What happens is in the file as it comes, and listeners hear it at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.faults import events as e
from benchmarks.faults.history import History
from protos.errors import ConfigurationError


def test_records_are_written_kept_and_passed_on_in_order(tmp_path: Path) -> None:
    heard: list[e.Record] = []
    with History(tmp_path / "new" / "history.jsonl") as history:
        history.listeners.append(heard.append)
        history.heard(e.to_line(e.Record("edge-a-1", 1.5, e.Opened(7))))
        history.write(e.Struck("cut"))
        with history.log_of("edge-a-1") as log:
            log.write(b"its own words")
    written = e.read_history((tmp_path / "new" / "history.jsonl").read_text().splitlines())
    assert [(record.who, record.event) for record in written] == [(record.who, record.event) for record in heard]
    assert history.records == heard
    assert [record.who for record in heard] == ["edge-a-1", "harness"]
    assert (tmp_path / "new" / "edge-a-1.log").read_bytes() == b"its own words"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"history\.jsonl cannot be written"):
        History(tmp_path / "file" / "history.jsonl")
