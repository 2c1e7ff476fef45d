"""harken-bench faults on the command line: what it prints, where it leaves its history, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.__main__ import app
from protos.errors import ConfigurationError


def test_json_and_a_history_come_of_a_campaign(tmp_path: Path) -> None:
    flags = [
        "--injections",
        "2",
        "--segments",
        "8",
        "--kind",
        "cut",
        "--kind",
        "reset",
        "--silence-seconds",
        "0",
        "--history",
        str(tmp_path),
        "--json",
    ]
    done = CliRunner().invoke(app, ["faults", *flags])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert {"segments", "injections", "lost", "doubled", "reordered", "text_differs", "recovery_seconds", "seed"} <= found.keys()
    assert "p95" in found["recovery_seconds"]
    assert (tmp_path / "history.jsonl").read_text().count("\n") > 20


@pytest.mark.parametrize(("flag", "value"), [("--kind", "earthquake"), ("--model", "large")])
def test_what_is_unknown_is_named_with_what_is_known(flag: str, value: str) -> None:
    done = CliRunner().invoke(app, ["faults", flag, value])
    assert isinstance(done.exception, ConfigurationError)
    assert f"{flag} is '{value}', must be of" in str(done.exception)
