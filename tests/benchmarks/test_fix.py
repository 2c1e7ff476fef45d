"""From a failing query to its fix: what is chosen and counted, and one on a server whose recogniser is a stub."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fix import Answer, Fixed, as_rows, chosen, figures, fix, index_add
from benchmarks.processes import ServerProcess
from cloud_server import app
from cloud_server.config import Config
from cloud_server.search.catalogue import Document
from cloud_server.search.index import build_index, open_index
from cloud_server.worker_process import RecogniserSpec
from protos.errors import ConfigurationError
from tests import fakes

WRONG, RIGHT = Answer("plum bread", "bread"), Answer("plum crumble", "new-0")


def row(text: str, duration: float = 3.0) -> dict[str, Any]:
    return {"text": text, "duration": duration, "audio": f"{text}.flac"}


def test_recordings_of_a_fit_length_that_nothing_in_the_catalogue_is_called_after() -> None:
    rows = [row("Banana bread!"), row("one"), row("two", 9.0), row("three"), row("four"), row("five")]
    assert [one["text"] for one in chosen(rows, {"banana bread"}, 2)] == ["one", "four"]
    with pytest.raises(ConfigurationError, match="--items is 5, only 4 recordings"):
        chosen(rows, {"banana bread"}, 5)


def test_what_is_reported_are_medians_the_longest_and_those_never_found() -> None:
    fixes = [Fixed("plum crumble", WRONG, RIGHT, 1.0, 2.0 + number, 9.0) for number in range(3)]
    facts = figures([*fixes, Fixed("plum crumble", RIGHT, WRONG, 1.0, None, None)])
    assert (facts["items"], facts["failed_at_first"]) == (4, 3)
    assert facts["found_s"] == {"median": 3.0, "longest": 4.0, "never": 1}
    assert facts["word_error_rate"] == {"before": 0.375, "after": 0.125}
    rows = as_rows(facts)
    assert rows[0] == "'plum crumble' was heard as 'plum bread': added 1.0 s, found 2.0 s, heard 9.0 s; then as 'plum crumble'"
    assert "found never" in rows[3]
    assert rows[5] == "found median   3.00 s, longest   4.00 s, never 1"


def test_a_document_is_added_by_the_command_and_what_goes_wrong_is_told(tmp_path: Path) -> None:
    build_index([Document("1", "Apple Pie")], tmp_path / "i", "x")
    index_add(tmp_path / "i", "new-0", "plum crumble")
    assert [document.id for document in open_index(tmp_path / "i").documents] == ["1", "new-0"]
    with pytest.raises(ConfigurationError, match="index add failed"):
        index_add(tmp_path / "nowhere", "new-0", "plum crumble")


async def test_a_query_that_fails_is_asked_until_it_is_found_and_its_words_are_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stub hears "old words", and then what its catalogue's titles are."""
    monkeypatch.setattr(app, "TitleWords", partial(app.TitleWords, make=fakes.write_words))
    build_index([Document("1", "Pie")], tmp_path / "i", "x")
    config = Config(port=0, metrics_port=0, workers=1, index_dirs=(tmp_path / "i",), catalogue_words=True)
    async with app.running_server(config, RecogniserSpec("tests.fakes:make_reading_stub")) as server:
        process = ServerProcess(server.address, server.metrics_address, "stub", "x", 1, ["x"], 1, os.getpid())
        fixed = await fix(process, tmp_path / "i", "new-0", "plum crumble", fakes.speech().pcm)
    assert (fixed.before.heard, fixed.before.best) == ("Pie", "1")
    assert (fixed.after.heard, fixed.after.best) == ("plum crumble Pie", "new-0")
    assert fixed.found_s is not None
    assert fixed.heard_s is not None
    assert fixed.added_s < fixed.found_s


async def test_a_server_that_makes_no_words_is_asked_until_it_is_found(tmp_path: Path) -> None:
    """The stub hears "old words" whatever its catalogue says."""
    build_index([Document("1", "Pie")], tmp_path / "i", "x")
    config = Config(port=0, metrics_port=0, workers=1, index_dirs=(tmp_path / "i",))
    async with app.running_server(config, RecogniserSpec("tests.fakes:make_reading_stub")) as server:
        process = ServerProcess(server.address, server.metrics_address, "stub", "x", 1, ["x"], 1, os.getpid())
        fixed = await fix(process, tmp_path / "i", "new-0", "old words", fakes.speech().pcm, words=False)
    assert fixed.before.best == ""
    assert (fixed.after.best, fixed.heard_s) == ("new-0", None)
