"""A Wav2Vec2-CTC checkpoint folder -> its shape and a dict of float32 arrays. Needs safetensors, no torch; refuses what it does not understand."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save as save_safetensors

from models.export.tensors import POSITION_CONV, Shape, complaints, expected_tensors
from protos.errors import BundleError

Weights = dict[str, npt.NDArray[np.float32]]

CONFIG, WEIGHTS, BUNDLED_WEIGHTS = "config.json", "model.safetensors", "checkpoint.safetensors"
STOCK_MODEL_TYPE = "wav2vec2"
# Stock transformers would load weights for other positions without a word and compute nonsense; of a type of our own it must refuse them.
OWN_MODEL_TYPE = "harken-wav2vec2"
OWN_ARCHITECTURE = "HarkenWav2Vec2ForCTC"
ROTARY_BLOCKS = 6
ROTARY_DIMENSIONS = 32
PREFIX = "wav2vec2."

# What the graph can do so far; a key that is absent has transformers' default, given here too.
UNDERSTOOD: dict[str, tuple[object, object]] = {
    "hidden_act": ("gelu", "gelu"),
    "feat_extract_activation": ("gelu", "gelu"),
    "add_adapter": (False, False),
    "adapter_attn_dim": (None, None),
}
FLOATS = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype(ml_dtypes.bfloat16)}
# torch's new and old naming of a weight-normalised tensor: gain, direction.
WEIGHT_NORM = (("parametrizations.weight.original0", "parametrizations.weight.original1"), ("weight_g", "weight_v"))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    shape: Shape
    weights: Weights
    """By transformers' names without the prefix, weight norm folded: exactly `expected_tensors(shape)`."""
    tensors: dict[str, npt.NDArray[Any]]
    """As they were in the file, to be kept for retraining."""
    config: dict[str, Any]


def read_checkpoint(folder: Path) -> Checkpoint:
    """config.json and model.safetensors, or a bundle's config.json and checkpoint.safetensors.

    Raises: BundleError: names the file and the value or tensor that this exporter does not understand.
    """
    path = folder / CONFIG
    try:
        config = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise BundleError(f"{path}: {error}") from error
    shape = shape_of(path, config)
    weights_path = next((folder / name for name in (WEIGHTS, BUNDLED_WEIGHTS) if (folder / name).is_file()), folder / WEIGHTS)
    try:
        tensors = _parse_tensors(weights_path.read_bytes())
    except (OSError, SafetensorError, ValueError) as error:
        raise BundleError(f"{weights_path}: {error}") from error
    weights = _fold_weight_norm(weights_path, {name.removeprefix(PREFIX): array.astype(np.float32) for name, array in tensors.items()})
    unfit = sorted(name for name, array in weights.items() if not np.isfinite(array).all())
    if unfit:
        raise BundleError(f"{weights_path}: {unfit[0]} has values that are not finite")
    expected = expected_tensors(shape)
    wrong = complaints(expected, {name: array.shape for name, array in weights.items()})
    if wrong:
        raise BundleError(f"{weights_path}: {wrong[0]}" + (f" (and {len(wrong) - 1} more)" if wrong[1:] else ""))
    return Checkpoint(shape, {name: weights[name] for name in expected}, tensors, config)


def write_checkpoint(checkpoint: Checkpoint, folder: Path) -> None:
    """bf16 weights under their own names, and a config whose model_type says whether stock transformers may load it."""
    config = {**checkpoint.config, "model_type": STOCK_MODEL_TYPE}
    if checkpoint.shape.is_our_own:
        config |= {"model_type": OWN_MODEL_TYPE, "architectures": [OWN_ARCHITECTURE]}
    (folder / CONFIG).write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    halves = {name: np.ascontiguousarray(array, ml_dtypes.bfloat16) for name, array in checkpoint.tensors.items()}
    (folder / BUNDLED_WEIGHTS).write_bytes(save_safetensors(halves))


def _parse_tensors(raw: bytes) -> dict[str, npt.NDArray[Any]]:
    """As safetensors.numpy.load, which knows no bf16. Raises: SafetensorError, ValueError: not floats."""
    tensors = {}
    for name, tensor in deserialize(raw):
        if tensor["dtype"] not in FLOATS:
            raise ValueError(f"{name} is {tensor['dtype']}, must be one of {', '.join(FLOATS)}")
        tensors[name] = np.frombuffer(tensor["data"], FLOATS[tensor["dtype"]]).reshape(tensor["shape"])
    return tensors


def shape_of(path: Path, config: Any) -> Shape:
    if not isinstance(config, dict) or config.get("model_type") not in (STOCK_MODEL_TYPE, OWN_MODEL_TYPE):
        found = config.get("model_type") if isinstance(config, dict) else config
        raise BundleError(f"{path}: model_type is {found!r}, must be {STOCK_MODEL_TYPE} or {OWN_MODEL_TYPE}")
    for key, (default, understood) in UNDERSTOOD.items():
        if config.get(key, default) != understood:
            raise BundleError(f"{path}: {key} is {config.get(key, default)!r}, this exporter understands {understood!r}")
    try:
        shape = Shape(
            conv_dim=tuple(map(int, config["conv_dim"])),
            conv_kernel=tuple(map(int, config["conv_kernel"])),
            conv_stride=tuple(map(int, config["conv_stride"])),
            conv_norm=str(config.get("feat_extract_norm", "group")),
            conv_bias=bool(config.get("conv_bias", False)),
            stable_layer_norm=bool(config.get("do_stable_layer_norm", False)),
            hidden_size=int(config["hidden_size"]),
            intermediate_size=int(config["intermediate_size"]),
            layers=int(config["num_hidden_layers"]),
            heads=int(config["num_attention_heads"]),
            position_kernel=int(config["num_conv_pos_embeddings"]),
            position_groups=int(config["num_conv_pos_embedding_groups"]),
            layer_norm_eps=float(config["layer_norm_eps"]),
            outputs=int(config["vocab_size"]),
            rotary_scale=float(config.get("rotary_scale", 0.0)),
            sinusoidal_positions=_flag(config, "sinusoidal_positions"),
            attention_sinks=int(config.get("attention_sinks", 0)),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BundleError(f"{path}: is not a Wav2Vec2 configuration ({type(error).__name__}: {error})") from error
    _check_shape(path, shape)
    return shape


def _flag(config: dict[str, Any], key: str) -> bool:
    """Raises: ValueError."""
    value = config.get(key, False)
    if not isinstance(value, bool):
        raise ValueError(f"{key} is {value!r}, must be true or false")
    return value


def _check_shape(path: Path, shape: Shape) -> None:
    if not shape.conv_dim or not len(shape.conv_dim) == len(shape.conv_kernel) == len(shape.conv_stride):
        raise BundleError(f"{path}: conv_dim, conv_kernel and conv_stride must be of one length, and not empty")
    if shape.conv_norm not in ("layer", "group"):
        raise BundleError(f"{path}: feat_extract_norm is {shape.conv_norm!r}, must be layer or group")
    sizes = (*shape.conv_dim, *shape.conv_kernel, *shape.conv_stride, shape.hidden_size, shape.intermediate_size, shape.layers, shape.heads)
    if min(*sizes, shape.position_kernel, shape.position_groups, shape.outputs) < 1 or not 0 < shape.layer_norm_eps < 1:
        raise BundleError(f"{path}: every size must be at least 1 and layer_norm_eps within 0..1, is {shape}")
    if shape.hidden_size % shape.heads or shape.hidden_size % shape.position_groups:
        raise BundleError(f"{path}: hidden_size {shape.hidden_size} must divide by {shape.heads} heads and {shape.position_groups} position groups")
    if not 0 <= shape.rotary_scale < math.inf or (shape.rotary_scale > 0 and shape.head_size < ROTARY_DIMENSIONS):
        raise BundleError(
            f"{path}: rotary_scale {shape.rotary_scale:g} with heads of {shape.head_size}; it turns {ROTARY_DIMENSIONS} dimensions of each"
        )
    if shape.attention_sinks < 0:
        raise BundleError(f"{path}: attention_sinks is {shape.attention_sinks}, must be at least 0")
    if shape.sinusoidal_positions and (shape.hidden_size % 2 or shape.hidden_size < 4):
        raise BundleError(f"{path}: hidden_size {shape.hidden_size} must be even and at least 4 for sines and cosines of positions")


def _fold_weight_norm(path: Path, weights: Weights) -> Weights:
    """weight = gain * direction / |direction|, the norm taken over all but the kernel axis (torch's weight_norm with dim=2).

    What does not fit together stays as it is, for `complaints` to name.
    """
    folded = f"{POSITION_CONV}.weight"
    for gain, direction in WEIGHT_NORM:
        names = f"{POSITION_CONV}.{gain}", f"{POSITION_CONV}.{direction}"
        g, v = (weights.get(name) for name in names)
        if folded in weights or g is None or v is None or v.ndim != 3 or g.shape != (1, 1, v.shape[2]):
            continue
        norm = np.sqrt(np.square(v).sum(axis=(0, 1), keepdims=True))
        if not norm.all():
            raise BundleError(f"{path}: {names[1]} has a column of zeros, which has no direction")
        rest = {name: array for name, array in weights.items() if name not in names}
        return {**rest, folded: g * v / norm}
    return weights
