"""What needs torch is collected only where torch is: `make test` has none, `make test-train` has."""

from __future__ import annotations

import importlib.util

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
