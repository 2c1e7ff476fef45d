"""The JSON in the repository is what the code makes."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from benchmarks.__main__ import app
from benchmarks.dashboards.board import build
from benchmarks.dashboards.boards import BOARDS
from benchmarks.dashboards.commands import FOLDER


def test_the_committed_boards_are_those_of_the_code() -> None:
    assert {path.stem: path.read_text() for path in FOLDER.glob("*.json")} == {name: build(board) for name, board in BOARDS.items()}


def test_the_command_writes_them_and_says_so(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["dashboards", "--out", str(tmp_path / "boards"), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["panels"] == {name: len(board.panels) for name, board in BOARDS.items()}
    assert {path.stem for path in (tmp_path / "boards").iterdir()} == BOARDS.keys()
