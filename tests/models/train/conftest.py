"""What needs torch is collected only where torch is: `make test` has none, `make test-train` has."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.models.train.speech import write_speech

NEEDS_TORCH = [
    "augment",
    "batch_augment",
    "batches",
    "checkpoints",
    "convert",
    "convert_moonshine",
    "convert_whisper",
    "deepen",
    "filter_bank",
    "judge",
    "lesson",
    "loop",
    "loss",
    "manifests",
    "moonshine_encoder",
    "pool",
    "run",
    "sinks",
    "thin",
    "wav2vec2",
    "whisper_encoder",
]
collect_ignore = [] if importlib.util.find_spec("torch") else [f"test_{name}.py" for name in NEEDS_TORCH]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up speech, one directory for each file of tests."""
    return write_speech(tmp_path_factory.mktemp("speech"))
