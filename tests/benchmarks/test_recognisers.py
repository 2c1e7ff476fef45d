"""What a recogniser answers, whoever it is; ours hears through the code that serves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks.recognisers import _joined, answer, harken
from models.bundle import default_bundle_dir, load_bundle
from models.recognizer import Recognizer
from models.transcribe import read_pcm


def test_an_answer_is_text_and_seconds(tmp_path: Path) -> None:
    path = str(tmp_path / "a.wav")
    soundfile.write(path, np.full(8000, 0.25), 16_000)
    said = answer(lambda samples: f"{len(samples)} at {samples.max():.2f} {samples.dtype}", path)
    assert said["text"] == "8000 at 0.25 float32"
    assert said["seconds"] == pytest.approx(0.5)
    assert said["busy_seconds"] >= 0


def test_ours_is_the_recogniser_that_serves(root: Path) -> None:
    hear, recording = harken(str(default_bundle_dir())), root / "tests" / "recordings" / "pumpkin-pie.flac"
    samples, _ = soundfile.read(recording, dtype="float32")
    served = Recognizer(load_bundle(default_bundle_dir())).recognize(read_pcm(recording), 0)
    assert hear(samples) == served.alternatives[0].transcript
    assert hear(np.zeros(16_000, np.float32)) == ""


def test_two_halves_become_one_file(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    for folder, name in ((first, "model.bin.part1"), (second, "model.bin.part2")):
        folder.mkdir()
        (folder / name).write_bytes(name.encode())
    (first / "config.json").write_text("{}")
    with _joined(first, second) as folder:
        assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.bin"]
        assert (folder / "model.bin").read_bytes() == b"model.bin.part1model.bin.part2"
