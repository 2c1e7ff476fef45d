"""What a recogniser answers, whoever it is; ours hears through the code that serves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks.recognisers import answer, harken
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
