"""harken-models pronunciations, from the outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.pronounce.commands import app

run = CliRunner()


def test_say_tells_what_is_known_from_what_is_guessed() -> None:
    rows = [json.loads(line) for line in run.invoke(app, ["say", "tomato zorblat", "--count", "2", "--json"]).stdout.splitlines()]
    assert [(row["word"], row["source"]) for row in rows] == [("tomato", "lexicon"), ("zorblat", "guess")]
    assert rows[1]["pronunciations"][0]["phones"]
    assert "T AH M EY T OW" in run.invoke(app, ["say", "tomato"]).stdout


def test_a_dictionary_too_small_to_fit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "small.dict").write_text("".join(f"{letter} EY1\n" for letter in "abcdefghijklmnopqrstuvwxyz"))
    result = run.invoke(app, ["fit", "--out", str(tmp_path / "x.npz"), "--dictionary", str(tmp_path / "small.dict")])
    assert "the dictionary is too small" in str(result.exception)
    assert not (tmp_path / "x.npz").exists()


@pytest.mark.parametrize("command", ["fit", "evaluate"])
def test_a_dictionary_that_is_not_there_is_named(tmp_path: Path, command: str) -> None:
    result = run.invoke(app, [command, "--dictionary", str(tmp_path / "none.dict")])
    assert "none.dict" in str(result.exception)
