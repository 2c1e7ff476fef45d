"""Small real models: a random Wav2Vec2-CTC of a few thousand weights, and a graph that says what it is told. Nothing here is trained."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

from models.bundle import Bundle
from models.export.tensors import POSITION_CONV, Shape, expected_tensors
from models.records import CtcHead, FrameClock, Manifest
from protos.messages import SAMPLE_RATE_HZ

CHARACTERS = CtcHead("characters", 2, 29, 2, ("<blank>", "|", "'", *"abcdefghijklmnopqrstuvwxyz"))
CLOCK = FrameClock(384, 2752)
# As facebook/wav2vec2-base-960h begins.
STOCK_TOKENS = ("<pad>", "<s>", "</s>", "<unk>", "|", "E", "T")
HUB_REVISION = "0123456789abcdef0123456789abcdef01234567"

SHAPE = Shape(
    conv_dim=(6, 8, 8),
    conv_kernel=(10, 3, 4),
    conv_stride=(5, 2, 2),
    conv_norm="layer",
    conv_bias=True,
    stable_layer_norm=True,
    hidden_size=72,
    intermediate_size=40,
    layers=7,
    heads=2,
    position_kernel=6,
    position_groups=4,
    layer_norm_eps=1e-5,
    outputs=32,
    rotary_scale=1.0,
)

# 50 frames a second, as everybody's: a gate hears whole recordings.
STOCK_SHAPE = replace(SHAPE, conv_kernel=(10, 8, 8), conv_stride=(5, 8, 8), rotary_scale=0.0)


def config_of(shape: Shape) -> dict[str, Any]:
    return {
        "model_type": "wav2vec2",
        "architectures": ["Wav2Vec2ForCTC"],
        "feat_extract_norm": shape.conv_norm,
        "do_stable_layer_norm": shape.stable_layer_norm,
        "conv_bias": shape.conv_bias,
        "conv_dim": list(shape.conv_dim),
        "conv_kernel": list(shape.conv_kernel),
        "conv_stride": list(shape.conv_stride),
        "hidden_size": shape.hidden_size,
        "intermediate_size": shape.intermediate_size,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_conv_pos_embeddings": shape.position_kernel,
        "num_conv_pos_embedding_groups": shape.position_groups,
        "layer_norm_eps": shape.layer_norm_eps,
        "vocab_size": shape.outputs,
        "rotary_scale": shape.rotary_scale,
        "sinusoidal_positions": shape.sinusoidal_positions,
        "attention_sinks": shape.attention_sinks,
    }


def random_tensors(shape: Shape, seed: int = 1) -> dict[str, npt.NDArray[np.float32]]:
    """By transformers' names, as a checkpoint file has them: prefixed, the position convolution weight-normalised."""
    random = np.random.default_rng(seed)
    tensors = {}
    for name, sizes in expected_tensors(shape).items():
        fan_in = int(np.prod(sizes[1:])) if len(sizes) > 1 else 4
        value = random.standard_normal(sizes).astype(np.float32) / np.float32(np.sqrt(fan_in))
        tensors[name if name.startswith("lm_head") else f"wav2vec2.{name}"] = value + (1 if "norm.weight" in name else 0)
    direction = tensors.pop(f"wav2vec2.{POSITION_CONV}.weight")
    tensors[f"wav2vec2.{POSITION_CONV}.parametrizations.weight.original0"] = random.uniform(0.5, 2, (1, 1, shape.position_kernel)).astype(np.float32)
    tensors[f"wav2vec2.{POSITION_CONV}.parametrizations.weight.original1"] = direction
    return tensors


def write_source(folder: Path, shape: Shape = SHAPE, seed: int = 1) -> Path:
    """A checkpoint folder as training leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config_of(shape)))
    save_file(random_tensors(shape, seed), folder / "model.safetensors")
    head = {"name": CHARACTERS.name, "first": CHARACTERS.first, "size": CHARACTERS.size, "blank": CHARACTERS.blank, "tokens": list(CHARACTERS.tokens)}
    (folder / "heads.json").write_text(json.dumps({"heads": [head]}))
    return folder


def write_stock(folder: Path) -> Path:
    """As the hub has it: no heads.json, a tokenizer's vocabulary, a page."""
    write_source(folder, STOCK_SHAPE)
    (folder / "heads.json").unlink()
    names = [*STOCK_TOKENS, *(f"[{number}]" for number in range(SHAPE.outputs - len(STOCK_TOKENS)))]
    (folder / "vocab.json").write_text(json.dumps({name: number for number, name in enumerate(names)}))
    (folder / "README.md").write_text("---\nlanguage: en\nlicense: apache-2.0\n---\n\n# Base\n")
    return folder


def write_hub_cache(cache: Path) -> Path:
    """someone/tiny in the hub library's cache, as a download leaves it; its snapshot."""
    repository = cache / "models--someone--tiny"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(HUB_REVISION)
    return write_stock(repository / "snapshots" / HUB_REVISION)


def speaking_graph(logits: npt.NDArray[np.float32], clock: FrameClock = CLOCK, extra_frames: int = 0) -> bytes:
    """A graph that ignores what it hears: its output is the first frames of `logits`, (T, V), as many as the clock gives the input."""
    constants = {
        "table": logits[None],
        "zero": np.array([0]),
        "axis": np.array([1]),
        "field": np.array([clock.receptive_field_samples]),
        "stride": np.array([clock.stride_samples]),
        "more": np.array([1 + extra_frames]),
    }
    nodes = [
        helper.make_node("Shape", ["waveform"], ["length"], start=1, end=2),
        helper.make_node("Sub", ["length", "field"], ["room"]),
        helper.make_node("Div", ["room", "stride"], ["strides"]),
        helper.make_node("Add", ["strides", "more"], ["frames"]),
        helper.make_node("Slice", ["table", "zero", "frames", "axis"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "speaking",
        [helper.make_tensor_value_info("waveform", TensorProto.FLOAT, [1, "samples"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, "frames", logits.shape[1]])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def saying(text: str, outputs: int = 31, sharpness: float = 9.0) -> npt.NDArray[np.float32]:
    """(T, outputs) logits whose best path spells `text`: a blank after each symbol, one frame each."""
    symbols = [CHARACTERS.tokens.index("|" if character == " " else character) for character in text]
    best = [index for symbol in symbols for index in (symbol, 0)]
    logits = np.zeros((len(best), outputs), np.float32)
    logits[np.arange(len(best)), CHARACTERS.first + np.array(best, int)] = sharpness
    return logits


def bundle_of(model: bytes, head: CtcHead = CHARACTERS, clock: FrameClock = CLOCK) -> Bundle:
    """As `load_bundle` would give it, without a directory."""
    manifest = Manifest("tiny", "1", "en", "float32", SAMPLE_RATE_HZ, clock, 30 * SAMPLE_RATE_HZ, {})
    return Bundle(Path("tiny"), manifest, "0" * 64, model, (head,))
