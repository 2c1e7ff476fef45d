"""Recognisers are scored by one rule; one that stops is named. Those here are a few lines of Python."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks.accuracy_peers import as_lines, figures_of
from protos.errors import ConfigurationError

ROWS = [{"audio": f"{name}.wav", "text": "two eggs", "source": "cv1", "speaker": name} for name in "ab"]
HARD_OF_HEARING = """
import json, sys
for line in sys.stdin:
    path = json.loads(line)["path"]
    if path.endswith(sys.argv[1]):
        sys.exit(7)
    print(json.dumps({"text": "2 Eggs!" if path.endswith("a.wav") else "legs", "seconds": 3.0, "busy_seconds": 0.5}), flush=True)
"""


def recogniser(folder: Path, stops_at: str) -> list[str]:
    for row in ROWS:
        soundfile.write(folder / row["audio"], np.zeros(800), 16_000)
    (folder / "hears.py").write_text(HARD_OF_HEARING)
    return [sys.executable, str(folder / "hears.py"), stops_at]


def test_everyone_is_scored_by_the_same_rules(tmp_path: Path) -> None:
    facts = figures_of(recogniser(tmp_path, "nowhere"), tmp_path, "hears", tmp_path / "m.jsonl", ROWS, 4)
    assert (facts["wer"]["value"], facts["utterances"], facts["skipped"]) == (0.5, 2, 4)
    assert facts["slices"]["cv"]["wer"] == 0.5
    assert facts["audio_seconds_per_second"] == 6.0


def test_one_that_stops_is_named_with_the_recording(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"hears stopped at .*b\.wav: .*hears\.py.* gave no answer to hear"):
        figures_of(recogniser(tmp_path, "b.wav"), tmp_path, "hears", tmp_path / "m.jsonl", ROWS, 0)


def test_people_get_a_line_each() -> None:
    one = {"wer": {"value": 0.5}, "slices": {"cv": {"wer": 0.25}, "length: 1 to 2 s": {"wer": 0.75}}, "audio_seconds_per_second": 12.34}
    first, second = as_lines({"harken": one, "whisper": one})
    assert first.startswith("harken")
    assert " ".join(second.split()) == "whisper WER 50.0% (cv 25.0%) 12.3 audio seconds a second of one core"
