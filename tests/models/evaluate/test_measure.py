"""The gate on real bundles: a tiny one against itself, judged on a recording."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest

from models.bundle import Bundle, load_bundle
from models.ctc import Logits
from models.evaluate.measure import gate_bundle, in_float, is_invariant
from models.evaluate.scoring import Utterance
from models.features import Waveform
from models.recognizer import Recognizer
from models.transcribe import read_waveform
from protos.errors import BundleError
from tests.models.tiny import bundle_of, saying, speaking_graph


@pytest.fixture
def manifest(tmp_path: Path, root: Path) -> Path:
    recordings = sorted((root / "tests" / "recordings").glob("*.flac"))
    rows = [{"audio": str(path), "text": "one two three", "source": "cv", "speaker": path.stem} for path in recordings]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path / "m.jsonl"


def silently(_: str, utterances: Iterable[Utterance], __: int) -> Iterable[Utterance]:
    return utterances


def test_the_verdict_is_written_into_the_new_bundles_manifest(tiny_bundle: Bundle, bundle_dir: Path, manifest: Path) -> None:
    verdict = gate_bundle(bundle_dir, tiny_bundle.path, manifest, 2, silently)
    judged = load_bundle(bundle_dir)
    assert judged.manifest.gate == verdict
    assert verdict.against == tiny_bundle.sha256
    assert {check.name for check in verdict.checks} >= {"WER", "WER cv", "INT8 loss", "speed", "invariance", "calibration", "parameters"}
    assert {check.name: check.passed for check in verdict.checks}["invariance"]
    assert tiny_bundle.manifest.gate is None
    assert judged.sha256 != tiny_bundle.sha256


def test_the_float_weights_are_read_by_the_same_decoder(tiny_bundle: Bundle) -> None:
    recognizer = Recognizer(tiny_bundle)
    floating = in_float(recognizer)
    assert floating.bundle.manifest.quantization == "float32"
    assert floating.reader is recognizer.reader


def test_the_shipped_models_logits_are_the_same_bits_in_any_batch(shipped: Recognizer, root: Path) -> None:
    clips = [read_waveform(path) for path in sorted((root / "tests" / "recordings").glob("*.flac"))]
    assert is_invariant(shipped, clips)


def test_a_graph_of_one_clip_is_not_invariant() -> None:
    noise = [np.random.default_rng(seed).standard_normal(20_000 + 999 * seed).astype(np.float32) for seed in range(3)]
    assert not is_invariant(Recognizer(bundle_of(speaking_graph(saying("a b c d")))), noise)


class Leaking(Recognizer):
    """A clip's neighbours show in its last bit."""

    def batch_logits(self, waveforms: Sequence[Waveform]) -> list[Logits]:
        alone = super().batch_logits(waveforms)
        return [np.nextafter(logits, np.float32(np.inf)) for logits in alone] if len(waveforms) > 1 else alone


def test_one_bit_is_seen(tiny_bundle: Bundle) -> None:
    noise = [np.random.default_rng(seed).standard_normal(2000 + 99 * seed).astype(np.float32) for seed in range(5)]
    assert is_invariant(Recognizer(tiny_bundle), noise)
    assert not is_invariant(Leaking(tiny_bundle), noise)


def test_a_bundle_without_its_weights_cannot_be_judged(tiny_bundle: Bundle, bundle_dir: Path, manifest: Path) -> None:
    shutil.move(bundle_dir / "checkpoint.safetensors", bundle_dir.parent / "kept")
    with pytest.raises(BundleError, match="safetensors"):
        gate_bundle(bundle_dir, tiny_bundle.path, manifest, None, silently)
