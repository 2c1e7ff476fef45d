"""harken-bench capacity from the outside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.capacity.commands import VOLUMES, volumes
from protos.errors import ConfigurationError

REPORT = {
    "server_cpu_seconds_per_audio_second": 0.02,
    "segments": 10,
    "audio_seconds": 30.0,
    "stage_seconds": {"infer": {"p50": 0.02, "p95": 0.03}, "decode": {"p50": 0.02, "p95": 0.03}},
}


def capacity(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "benchmarks", "capacity", *arguments], capture_output=True, text=True, check=False)


def test_a_measured_profile_becomes_a_plan(tmp_path: Path) -> None:
    (tmp_path / "profile.json").write_text(json.dumps(REPORT))
    done = capacity("--profile", str(tmp_path / "profile.json"), "--cores", "4", "--queries", "1e3,1e5", "--json")
    facts = json.loads(done.stdout)
    assert [one["queries_a_day"] for one in facts["plans"]] == [1e3, 1e5]
    assert facts["plans"][0]["replicas"] <= facts["plans"][1]["replicas"]
    assert facts["profile"]["cores"] == 4


def test_a_profile_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = capacity("--profile", str(tmp_path / "nothing.json"))
    assert done.returncode == 2
    assert "nothing.json" in done.stderr


def test_volumes_are_a_thousand_to_a_hundred_million_unless_named() -> None:
    assert volumes(None) == list(VOLUMES) == [1e3, 1e4, 1e5, 1e6, 1e7, 1e8]
    assert volumes("5,1e2") == [5.0, 100.0]
    for text in ("many", "0"):
        with pytest.raises(ConfigurationError, match="--queries"):
            volumes(text)
