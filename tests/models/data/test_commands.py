"""harken-models data as a person calls it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.__main__ import app
from models.data.voices import SYNTHESISERS
from protos.errors import ConfigurationError
from tests.models.data.fakes import install


@pytest.fixture
def texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(install(tmp_path / "bin", *SYNTHESISERS)))
    path = tmp_path / "texts.txt"
    path.write_text("hello there\ngarlic shrimp\n")
    return path


def test_speech_is_made_until_there_is_enough_and_then_no_more(texts: Path, tmp_path: Path) -> None:
    command = ["data", "synthesize", str(texts), "--out", str(tmp_path / "out"), "--hours", "0.001", "--json"]
    facts = json.loads(CliRunner().invoke(app, command, catch_exceptions=False).stdout)
    assert facts["hours"] == pytest.approx(0.001, rel=0.5)
    again = json.loads(CliRunner().invoke(app, command, catch_exceptions=False).stdout)
    assert again == facts


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--voices", "espeak"], "no synthesiser 'espeak'"),
        (["--format", "mp3"], "--format is 'mp3', must be one of flac, opus"),
    ],
)
def test_what_a_person_must_change_is_said(texts: Path, tmp_path: Path, flags: list[str], message: str) -> None:
    done = CliRunner().invoke(app, ["data", "synthesize", str(texts), "--out", str(tmp_path / "out"), "--hours", "1", *flags])
    assert isinstance(done.exception, ConfigurationError)
    assert re.search(message, str(done.exception))


def test_programs_that_never_speak_are_given_up(texts: Path, tmp_path: Path) -> None:
    texts.write_text("this fails\n")
    done = CliRunner().invoke(app, ["data", "synthesize", str(texts), "--out", str(tmp_path / "out"), "--hours", "1", "--voices", "flite"])
    assert isinstance(done.exception, ConfigurationError)
    assert "51 texts in a row gave nothing usable" in str(done.exception)


def test_a_teacher_that_there_is_not_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["data", "pseudo-label", str(tmp_path / "m.jsonl"), "--out", str(tmp_path / "o.jsonl"), "--teacher", "oracle"])
    assert isinstance(done.exception, ConfigurationError)
    assert "no teacher 'oracle'; there is moonshine-tiny-en" in str(done.exception)
