"""What confidence is fitted on, from real recordings through the code that serves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from models.bundle import load_bundle
from models.evaluate.examples import calibrate_bundle, hear
from models.evaluate.scoring import labelled_rows
from models.recognizer import Recognizer
from models.word_times import SpikeLag
from tests.models.tiny import bundle_of, saying, speaking_graph


def write_manifest(folder: Path, rows: list[dict[str, Any]]) -> Path:
    random = np.random.default_rng(1)
    for name, samples in (("second.wav", 16_000), ("noise.wav", 4_000)):
        soundfile.write(folder / name, random.standard_normal(samples) * 0.1, 16_000)
    soundfile.write(folder / "click.wav", random.standard_normal(100) * 0.1, 16_000)
    (folder / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "m.jsonl"


def test_each_word_is_known_to_be_right_or_wrong(tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path, [{"audio": "second.wav", "text": "Hello, yellow!"}, {"audio": "click.wav", "text": "hello"}])
    heard = list(hear(Recognizer(bundle_of(speaking_graph(saying("hello " * 120)))), manifest, labelled_rows(manifest)[0]))
    ((best,), nothing) = heard
    assert best.right[0] is True
    assert not any(best.right[1:])
    assert len(best.evidence.words) == len(best.right)
    assert (best.accuracy, best.weight) == (max(0.0, 1 - (len(best.right) - 1) / 2), 1.0)
    assert nothing == []


def test_a_bundle_takes_the_fit_and_keeps_its_lag(bundle_dir: Path, tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path, [{"audio": "noise.wav", "text": "hello a"}] * 60)
    before = load_bundle(bundle_dir)
    made = calibrate_bundle(bundle_dir, manifest, None, (100.0, -5.0), lambda _, readings, __: readings)
    assert made.confidence is not None
    assert (made.confidence.lag, made.confidence.recordings) == (SpikeLag(1600, -80), 60)
    assert made.sha256 != before.sha256
    again = calibrate_bundle(bundle_dir, manifest, 50, (None, None), lambda _, readings, __: readings)
    assert again.confidence is not None
    assert (again.confidence.lag, again.confidence.recordings) == (SpikeLag(1600, -80), 50)
    assert load_bundle(bundle_dir).confidence == again.confidence
