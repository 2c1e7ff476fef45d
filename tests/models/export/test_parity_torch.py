"""The exported graph against the training model in torch, on real weights and real speech, in float64: the truth both approximate.

Against torch in float32 one of 780 test recordings differs by 1.4e-4, the rest by less than 1e-4; torch is as far from float64 as the graph is.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from models.export.checkpoint import read_checkpoint
from models.export.graph import build_graph
from models.features import Waveform, batch, normalise, pcm_to_waveform
from models.transcribe import read_pcm
from protos.messages import SAMPLE_RATE_HZ

pytestmark = [pytest.mark.train, pytest.mark.shared]

TOLERANCE = 1e-4
RECORDINGS = 24
LENGTHS = (2752, 2753, 3135, 3136, 16_000, 99_999, 30 * SAMPLE_RATE_HZ)


@pytest.fixture(scope="module")
def seed_dir(shared_dir: Path) -> Path:
    path = shared_dir / "weights" / "seed"
    if not (path / "train" / "model.py").is_file():
        pytest.skip(f"HARKEN_SHARED: no weights/seed/train/model.py under {shared_dir}")
    return path


@pytest.fixture(scope="module")
def in_torch(seed_dir: Path) -> Any:
    """waveform -> logits, by the model that was trained."""
    torch = pytest.importorskip("torch", reason="torch is not installed: make test-train")
    pytest.importorskip("transformers", reason="transformers is not installed: make test-train")
    sys.path.insert(0, str(seed_dir / "train"))  # its modules import each other by bare names
    try:
        spec = importlib.util.spec_from_file_location("seed_model", seed_dir / "train" / "model.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        student = module.load(str(seed_dir)).double()
    finally:
        sys.path.remove(str(seed_dir / "train"))

    def logits(waveform: Waveform) -> np.ndarray:
        with torch.no_grad():
            batch = torch.from_numpy(waveform.astype(np.float64))[None]
            return np.asarray(student(batch, torch.tensor([len(waveform)]), student.share)[0][0].numpy())

    return logits


@pytest.fixture(scope="module")
def exported(seed_dir: Path) -> ort.InferenceSession:
    graph = build_graph(read_checkpoint(seed_dir), 30 * SAMPLE_RATE_HZ)
    return ort.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])


def speech(shared_dir: Path) -> list[Waveform]:
    rows = [json.loads(line) for line in (shared_dir / "speech" / "test.jsonl").read_text().splitlines()]
    return [pcm_to_waveform(read_pcm(shared_dir / "speech" / rows[index * len(rows) // RECORDINGS]["audio"])) for index in range(RECORDINGS)]


def difference(exported: ort.InferenceSession, in_torch: Any, waveform: Waveform) -> float:
    waveform = normalise(waveform)
    (ours,) = exported.run(None, batch([waveform]))
    theirs = in_torch(waveform)
    assert ours[0].shape == theirs.shape
    return float(np.abs(ours[0] - theirs).max())


def test_recordings_of_many_people_give_the_same_logits(exported: ort.InferenceSession, in_torch: Any, shared_dir: Path) -> None:
    worst = max(difference(exported, in_torch, waveform) for waveform in speech(shared_dir))
    assert worst < TOLERANCE


@pytest.mark.parametrize("samples", LENGTHS)
def test_every_length_gives_the_same_logits(exported: ort.InferenceSession, in_torch: Any, shared_dir: Path, samples: int) -> None:
    waveform = np.concatenate(speech(shared_dir)[:12])
    assert len(waveform) >= samples
    assert difference(exported, in_torch, waveform[:samples]) < TOLERANCE
