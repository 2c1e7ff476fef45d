"""Small random checkpoints and the bundles made of them: real files for the loader, the exporter and the recogniser. No torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from models.bundle import Bundle
from models.export.to_bundle import Identity, export_bundle

Tensors = dict[str, npt.NDArray[Any]]

CONFIG: Mapping[str, Any] = {
    "model_type": "wav2vec2",
    "feat_extract_norm": "layer",
    "do_stable_layer_norm": True,
    "conv_bias": True,
    "conv_dim": [6, 10],
    "conv_kernel": [60, 10],
    "conv_stride": [40, 8],
    "hidden_size": 72,
    "intermediate_size": 16,
    "num_hidden_layers": 7,
    "num_attention_heads": 2,
    "num_conv_pos_embeddings": 4,
    "num_conv_pos_embedding_groups": 2,
    "layer_norm_eps": 1e-5,
    "vocab_size": 8,
    "rotary_scale": 1.0,
}
HEADS: Mapping[str, Any] = {
    "heads": [
        {"name": "phones", "first": 0, "size": 3, "blank": 0, "tokens": ["<blank>", "AA", "B"]},
        {"name": "characters", "first": 3, "size": 4, "blank": 3, "tokens": ["<blank>", "|", "a", "b"]},
    ]
}
NEW_NAMES, OLD_NAMES = ("parametrizations.weight.original0", "parametrizations.weight.original1"), ("weight_g", "weight_v")
DTYPES = {"float32": np.float32, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16}


def config_of(**changes: Any) -> dict[str, Any]:
    return {**CONFIG, **changes}


def tensors_of(config: Mapping[str, Any], *, seed: int = 0, naming: tuple[str, str] = NEW_NAMES, prefix: str = "wav2vec2.") -> Tensors:
    """Named as transformers names them; written out by hand, so that the exporter's own list is checked and not repeated."""
    rng = np.random.default_rng(seed)
    hidden, inner, kernel = config["hidden_size"], config["intermediate_size"], config["num_conv_pos_embeddings"]
    tensors: Tensors = {}

    def norm(name: str, size: int) -> None:
        tensors[f"{name}.weight"], tensors[f"{name}.bias"] = 1 + 0.1 * rng.standard_normal(size), 0.1 * rng.standard_normal(size)

    def linear(name: str, outputs: int, *inputs: int) -> None:
        tensors[f"{name}.weight"] = rng.standard_normal((outputs, *inputs)) / np.sqrt(np.prod(inputs))
        tensors[f"{name}.bias"] = 0.1 * rng.standard_normal(outputs)

    channels = 1
    for number, (width, size) in enumerate(zip(config["conv_dim"], config["conv_kernel"], strict=True)):
        linear(f"{prefix}feature_extractor.conv_layers.{number}.conv", width, channels, size)
        norm(f"{prefix}feature_extractor.conv_layers.{number}.layer_norm", width)
        channels = width
    norm(f"{prefix}feature_projection.layer_norm", channels)
    linear(f"{prefix}feature_projection.projection", hidden, channels)
    position = f"{prefix}encoder.pos_conv_embed.conv"
    tensors[f"{position}.{naming[0]}"] = 1 + 0.1 * rng.standard_normal((1, 1, kernel))
    tensors[f"{position}.{naming[1]}"] = rng.standard_normal((hidden, hidden // config["num_conv_pos_embedding_groups"], kernel))
    tensors[f"{position}.bias"] = 0.1 * rng.standard_normal(hidden)
    for number in range(config["num_hidden_layers"]):
        block = f"{prefix}encoder.layers.{number}"
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            linear(f"{block}.attention.{part}", hidden, hidden)
        norm(f"{block}.layer_norm", hidden)
        norm(f"{block}.final_layer_norm", hidden)
        linear(f"{block}.feed_forward.intermediate_dense", inner, hidden)
        linear(f"{block}.feed_forward.output_dense", hidden, inner)
    norm(f"{prefix}encoder.layer_norm", hidden)
    linear("lm_head", config["vocab_size"], hidden)
    tensors[f"{prefix}masked_spec_embed"] = np.zeros(hidden)
    return {name: array.astype(np.float32) for name, array in tensors.items()}


def write_folder(folder: Path, config: Mapping[str, Any] = CONFIG, tensors: Tensors | None = None, dtype: str = "float32") -> Path:
    """A checkpoint folder: config.json, model.safetensors, heads.json, and a card and a licence to go with it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "heads.json").write_text(json.dumps(HEADS))
    (folder / "card.md").write_text("# tiny\n")
    (folder / "LICENSE").write_text("Anyone may.\n")
    found = tensors_of(config) if tensors is None else tensors
    save_file({name: array.astype(DTYPES[dtype]) for name, array in found.items()}, folder / "model.safetensors")
    return folder


def make_bundle(source: Path, out: Path, *, int8: bool = True, model_id: str = "tiny") -> Bundle:
    noise = np.random.default_rng(0).standard_normal((2, 8000)).astype(np.float32)
    return export_bundle(source, out, Identity(model_id), source / "card.md", [source / "LICENSE"], speech=list(noise) if int8 else ())
