"""A bundle of wav2vec2-base's shape and random weights, made without torch: speed does not depend on what the numbers say."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.prepare import CHARACTERS, OUTPUTS
from models.bundle import CARD, HEADS
from models.features import Waveform
from protos.errors import ConfigurationError

# transformers' defaults of Wav2Vec2Config.
BASE: dict[str, Any] = {
    "model_type": "wav2vec2",
    "conv_dim": [512] * 7,
    "conv_kernel": [10, 3, 3, 3, 3, 2, 2],
    "conv_stride": [5, 2, 2, 2, 2, 2, 2],
    "feat_extract_norm": "group",
    "conv_bias": False,
    "do_stable_layer_norm": False,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "num_conv_pos_embeddings": 128,
    "num_conv_pos_embedding_groups": 16,
    "layer_norm_eps": 1e-5,
    "vocab_size": OUTPUTS,
}
# As transformers initialises them.
WEIGHT_DEVIATION = 0.02


def make_base_bundle(bundle: Path, speech: Sequence[Waveform], config: dict[str, Any] | None = None) -> Path:
    """speech: what INT8 is calibrated with. config: another shape; default: wav2vec2-base's.

    Raises: ConfigurationError: this environment cannot export (`onnx` and `safetensors` are missing).
    """
    try:
        from models.export.to_bundle import Identity, export_bundle  # noqa: PLC0415 - measuring the model shipped needs no exporter
    except ImportError as error:
        raise ConfigurationError(f"a base-shaped model is exported first, and {error.name} is missing: pip install 'harken[dev]'") from error
    with tempfile.TemporaryDirectory(prefix="harken-base-") as folder:
        source = Path(folder)
        _write_checkpoint(source, config or BASE)
        return export_bundle(source, bundle, Identity("wav2vec2-base-random"), source / CARD, [source / "LICENSE"], speech=speech).path


def _write_checkpoint(folder: Path, config: dict[str, Any]) -> None:
    from safetensors.numpy import save_file  # noqa: PLC0415 - as above

    from models.export.checkpoint import shape_of  # noqa: PLC0415
    from models.export.tensors import expected_tensors  # noqa: PLC0415

    chance = np.random.default_rng(0)
    path = folder / "config.json"
    tensors = {name: _values(name, sizes, chance) for name, sizes in expected_tensors(shape_of(path, config)).items()}
    path.write_text(json.dumps(config))
    save_file(tensors, folder / "model.safetensors")
    heads = [{"name": "characters", "first": 0, "size": len(CHARACTERS), "blank": 0, "tokens": list(CHARACTERS)}]
    (folder / HEADS).write_text(json.dumps({"heads": heads}))
    (folder / CARD).write_text("# wav2vec2-base, random weights\n\nTo measure speed; it has heard nothing.\n")
    (folder / "LICENSE").write_text("Random numbers; no licence needed.\n")


def _values(name: str, sizes: tuple[int, ...], chance: np.random.Generator) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Norms leave their input as it is, biases add nothing, all else is normal."""
    if name.endswith("bias"):
        return np.zeros(sizes, np.float32)
    if "layer_norm" in name:
        return np.ones(sizes, np.float32)
    return chance.normal(0.0, WEIGHT_DEVIATION, sizes).astype(np.float32)
