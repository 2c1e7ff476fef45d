"""The command measures recordings through the serving code and puts what it found into the bundle."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from models.bundle import default_bundle_dir, load_bundle
from models.evaluate.reference_commands import as_lines, reference
from models.reference import ALL, reference_of


def test_a_bundle_gets_its_reference(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(default_bundle_dir(), bundle)
    rows = [{"audio": str(path), "source": "cv"} for path in sorted((root / "tests" / "recordings").glob("*.flac"))[:3]]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    reference(bundle, tmp_path / "m.jsonl")
    made = load_bundle(bundle).reference
    assert made is not None
    assert made.recordings == {ALL: 3, "cv": 3}
    assert sum(made.counts["cv"]["pitch_hz"]) == 3
    assert "cv            3 recordings, 0.0% empty" in capsys.readouterr().out


def test_people_see_the_middle_recording() -> None:
    line = next(iter(as_lines(reference_of([("cv", {"seconds": 2.5, "words": 30.0}), ("cv", {"seconds": 2.1, "words": 0.0}), ("cv", {})]))))
    assert "seconds 2..3" in line
    assert "words under 1" in line
    assert "100.0% empty" in line
