"""harken-models calibrate-confidence, from the outside."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models import __main__ as cli
from models.bundle import load_bundle


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int | str | None:
    monkeypatch.setattr("sys.argv", ["harken-models", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code


@pytest.mark.parametrize(("recordings", "code", "words"), [(60, 0, "fitted on 60 recordings"), (3, 2, "at least 50 recordings")])
def test_it_fits_or_says_why_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], bundle_dir: Path, tmp_path: Path, recordings: int, code: int, words: str
) -> None:
    soundfile.write(tmp_path / "noise.wav", np.random.default_rng(1).standard_normal(4_000) * 0.1, 16_000)
    (tmp_path / "m.jsonl").write_text((json.dumps({"audio": "noise.wav", "text": "hello"}) + "\n") * recordings)
    assert run(monkeypatch, "calibrate-confidence", bundle_dir, "--manifest", tmp_path / "m.jsonl", "--start-lag-ms", 105) == code
    said = capsys.readouterr()
    assert words in said.out + said.err
    assert (load_bundle(bundle_dir).confidence is None) == bool(code)
