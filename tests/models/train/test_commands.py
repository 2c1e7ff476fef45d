"""harken-models train as a person calls it. What it trains, test_loop says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.__main__ import app
from protos.errors import ConfigurationError
from tests.models.train.speech import write_speech

RECIPE = """
name = "small"
start.checkpoint = "seed"
judge.manifest = "dev.jsonl"
judge.clips = 2
budget.steps = 2
batches = { seconds = 8.0, max_seconds = 8.0, min_seconds = 0.1, epoch_clips = 6, workers = 0 }
groups = [{ name = "a", manifest = "train.jsonl", share = 1.0 }]
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(RECIPE)
    return path


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--spent", "0.5"], "--spent goes with --resume"),
        (["--set", "optimiser.rate"], "'optimiser.rate' is not FIELD=VALUE"),
        (["--set", "optimiser.speed=1"], "unknown key 'speed'"),
        (["--sweep", "=1,2"], "'=1,2' is not FIELD=VALUE"),
        ([], "start.checkpoint: no folder"),
        (["--set", "start.checkpoint='./beside'"], "start.checkpoint: no folder .*beside"),
    ],
)
def test_what_a_person_must_change_is_said(recipe: Path, tmp_path: Path, flags: list[str], message: str) -> None:
    done = CliRunner().invoke(app, ["train", str(recipe), "--data", str(tmp_path / "data"), "--out", str(tmp_path / "run"), *flags])
    assert isinstance(done.exception, ConfigurationError)
    assert re.search(message, str(done.exception))


@pytest.mark.train
def test_a_sweep_makes_a_run_for_each_value(recipe: Path, tmp_path: Path) -> None:
    data = write_speech(tmp_path / "data")
    flags = ["--out", str(tmp_path / "run"), "--sweep", "optimiser.rate=1e-3,2e-3", "--json"]
    done = CliRunner().invoke(app, ["train", str(recipe), "--data", str(data), *flags], catch_exceptions=False)
    facts = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(fact["run"]).name for fact in facts] == ["optimiser.rate=1e-3", "optimiser.rate=2e-3"]
    assert all(fact["step"] == 2 and (Path(fact["run"]) / "checkpoint" / "model.safetensors").is_file() for fact in facts)
    again = ["--out", str(tmp_path / "more"), "--resume", str(tmp_path / "run" / "optimiser.rate=1e-3" / "state.pt"), "--set", "budget.steps=3"]
    done = CliRunner().invoke(app, ["train", str(recipe), "--data", str(data), *again, "--spent", "0.9"], catch_exceptions=False)
    assert "3 steps" in done.stdout
