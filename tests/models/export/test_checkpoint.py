"""What is read is exactly what is understood, and what is written can be read again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from models.export.checkpoint import read_checkpoint, write_checkpoint
from models.export.tensors import POSITION_CONV, expected_tensors
from protos.errors import BundleError
from tests.models.tiny import SHAPE, write_source

CONV = f"wav2vec2.{POSITION_CONV}"


def change_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    config = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({key: value for key, value in config.items() if value != "absent"}))


def change_tensors(folder: Path, **changes: Any) -> None:
    tensors = load_file(folder / "model.safetensors")
    save_file({name: tensor for name, tensor in {**tensors, **changes}.items() if tensor is not None}, folder / "model.safetensors")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_source(tmp_path / "checkpoint")


def test_a_checkpoint_is_its_shape_and_its_weights_in_float32(source: Path) -> None:
    checkpoint = read_checkpoint(source)
    assert checkpoint.shape == SHAPE
    assert {name: array.shape for name, array in checkpoint.weights.items()} == expected_tensors(SHAPE)
    assert {array.dtype for array in checkpoint.weights.values()} == {np.dtype(np.float32)}


def test_both_namings_of_weight_norm_and_none_give_one_weight(source: Path) -> None:
    weight = read_checkpoint(source).weights[f"{POSITION_CONV}.weight"]
    new = load_file(source / "model.safetensors")
    gain, direction = new[f"{CONV}.parametrizations.weight.original0"], new[f"{CONV}.parametrizations.weight.original1"]
    for k in range(SHAPE.position_kernel):
        np.testing.assert_allclose(np.linalg.norm(weight[:, :, k]), gain[0, 0, k], rtol=1e-5)
    gone = {f"{CONV}.parametrizations.weight.original0": None, f"{CONV}.parametrizations.weight.original1": None}
    change_tensors(source, **gone, **{f"{CONV}.weight_g": gain, f"{CONV}.weight_v": direction})
    np.testing.assert_array_equal(read_checkpoint(source).weights[f"{POSITION_CONV}.weight"], weight)
    change_tensors(source, **{f"{CONV}.weight_g": None, f"{CONV}.weight_v": None, f"{CONV}.weight": weight})
    np.testing.assert_array_equal(read_checkpoint(source).weights[f"{POSITION_CONV}.weight"], weight)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("model_type", "hubert"),
        ("model_type", "absent"),
        ("feat_extract_norm", "batch"),
        ("hidden_act", "relu"),
        ("feat_extract_activation", "relu"),
        ("add_adapter", True),
        ("adapter_attn_dim", 16),
        ("conv_dim", "absent"),
        ("conv_dim", [6, 8]),
        ("conv_dim", []),
        ("conv_stride", "fast"),
        ("num_attention_heads", 5),
        ("num_attention_heads", 6),
        ("num_conv_pos_embedding_groups", 7),
        ("rotary_scale", -1),
        ("sinusoidal_positions", 1),
        ("attention_sinks", -1),
        ("attention_sinks", "many"),
        ("vocab_size", None),
    ],
)
def test_a_configuration_that_is_not_understood_is_refused_by_name(source: Path, key: str, value: object) -> None:
    change_config(source, **{key: value})
    with pytest.raises(BundleError, match=r"config\.json: "):
        read_checkpoint(source)


@pytest.mark.parametrize("raw", [None, "", "{", "[]", "3"])
def test_what_is_no_configuration_is_refused(source: Path, raw: str | None) -> None:
    (source / "config.json").unlink()
    if raw is not None:
        (source / "config.json").write_text(raw)
    with pytest.raises(BundleError, match=r"config\.json: "):
        read_checkpoint(source)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"lm_head.bias": np.zeros(32, np.int64)}, "lm_head.bias is I64, must be one of F32"),
        ({"lm_head.bias": None}, "lm_head.bias .* is missing"),
        ({"lm_head.bias": np.zeros(31, np.float32)}, r"lm_head.bias is \(31,\), must be \(32,\)"),
        ({"wav2vec2.encoder.layers.7.adapter.weight": np.zeros(1, np.float32)}, "adapter.weight .* is not understood"),
        ({f"{CONV}.parametrizations.weight.original0": None}, r"weight .* is missing \(and 1 more\)"),
    ],
)
def test_tensors_that_are_not_the_expected_ones_are_refused_by_name(source: Path, changes: dict[str, Any], why: str) -> None:
    change_tensors(source, **changes)
    with pytest.raises(BundleError, match=rf"model\.safetensors: .*{why}"):
        read_checkpoint(source)


@pytest.mark.parametrize("raw", [None, b"", b"not weights"])
def test_what_are_no_weights_is_refused(source: Path, raw: bytes | None) -> None:
    (source / "model.safetensors").unlink()
    if raw is not None:
        (source / "model.safetensors").write_bytes(raw)
    with pytest.raises(BundleError, match=r"model\.safetensors: "):
        read_checkpoint(source)


def test_what_is_written_can_be_read_again_and_keeps_every_tensor_under_its_own_name(source: Path, tmp_path: Path) -> None:
    masked = {"wav2vec2.masked_spec_embed": np.zeros(72, np.float32)}
    change_tensors(source, **masked)
    checkpoint = read_checkpoint(source)
    (tmp_path / "again").mkdir()
    write_checkpoint(checkpoint, tmp_path / "again")
    again = read_checkpoint(tmp_path / "again")
    assert set(again.tensors) == set(load_file(source / "model.safetensors"))
    for name, weight in checkpoint.weights.items():
        np.testing.assert_allclose(again.weights[name], weight, rtol=2**-7, atol=1e-30)


@pytest.mark.parametrize(
    ("changes", "model_type"),
    [
        ({"rotary_scale": 0.0}, "wav2vec2"),
        ({"rotary_scale": 1.0}, "harken-wav2vec2"),
        ({"rotary_scale": 0.25}, "harken-wav2vec2"),
        ({"rotary_scale": 0.0, "sinusoidal_positions": True}, "harken-wav2vec2"),
        ({"rotary_scale": 0.0, "attention_sinks": 3}, "harken-wav2vec2"),
    ],
)
def test_only_what_stock_transformers_computes_may_it_load(tmp_path: Path, changes: dict[str, Any], model_type: str) -> None:
    source = write_source(tmp_path / "source", replace(SHAPE, **changes))
    (tmp_path / "again").mkdir()
    write_checkpoint(read_checkpoint(source), tmp_path / "again")
    assert json.loads((tmp_path / "again" / "config.json").read_text())["model_type"] == model_type
    shape = read_checkpoint(tmp_path / "again").shape
    assert shape == replace(SHAPE, **changes)
