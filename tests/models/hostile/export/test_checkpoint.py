from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from models.export.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from protos.errors import BundleError
from tests.models.hostile.tiny import NEW_NAMES, OLD_NAMES, config_of, tensors_of, write_folder

GAIN, DIRECTION = (f"wav2vec2.encoder.pos_conv_embed.conv.{name}" for name in NEW_NAMES)
PLAIN = "wav2vec2.encoder.pos_conv_embed.conv.weight"


def read_changed(folder: Path, **changes: Any) -> Checkpoint:
    """The tiny weights with another config."""
    write_folder(folder)
    config = {key: value for key, value in config_of(**changes).items() if value is not ...}
    (folder / "config.json").write_text(json.dumps(config))
    return read_checkpoint(folder)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("naming", [NEW_NAMES, OLD_NAMES])
def test_weights_are_read_whatever_their_type_and_naming(tmp_path: Path, dtype: str, naming: tuple[str, str]) -> None:
    found = read_checkpoint(write_folder(tmp_path, tensors=tensors_of(config_of(), naming=naming), dtype=dtype)).weights
    plain = read_checkpoint(write_folder(tmp_path / "plain")).weights
    assert found.keys() == plain.keys()
    assert all(array.dtype == np.float32 for array in found.values())
    assert all(np.allclose(found[name], plain[name], atol=3e-2, rtol=2e-2) for name in found)


def test_weight_norm_is_folded_over_all_but_the_kernel_axis(tmp_path: Path) -> None:
    tensors = tensors_of(config_of())
    weight = read_checkpoint(write_folder(tmp_path, tensors=tensors)).weights["encoder.pos_conv_embed.conv.weight"]
    assert np.allclose(np.sqrt((weight.astype(np.float64) ** 2).sum((0, 1))), tensors[GAIN][0, 0], rtol=1e-5)


def test_the_clock_is_that_of_the_convolutions(tmp_path: Path) -> None:
    clock = read_checkpoint(write_folder(tmp_path)).shape.clock
    assert (clock.stride_samples, clock.receptive_field_samples) == (320, 420)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("model_type", "hubert"),
        ("feat_extract_norm", "batch"),
        ("hidden_act", "relu"),
        ("feat_extract_activation", "gelu_new"),
        ("add_adapter", True),
        ("adapter_attn_dim", 16),
        ("hidden_size", ...),
        ("hidden_size", "many"),
        ("hidden_size", 0),
        ("hidden_size", float("inf")),
        ("num_attention_heads", 0),
        ("num_attention_heads", 5),
        ("num_conv_pos_embedding_groups", 0),
        ("num_conv_pos_embeddings", 0),
        ("conv_stride", [40, 0]),
        ("conv_stride", [40, -8]),
        ("conv_kernel", [60]),
        ("conv_dim", []),
        ("vocab_size", 0),
        ("layer_norm_eps", float("nan")),
        ("rotary_scale", -1.0),
        ("rotary_scale", float("nan")),
        ("num_attention_heads", 4),
    ],
)
def test_a_config_that_is_not_understood_is_refused_by_the_files_name(tmp_path: Path, key: str, value: object) -> None:
    with pytest.raises(BundleError) as caught:
        read_changed(tmp_path, **{key: value})
    assert str(caught.value).startswith(f"{tmp_path / 'config.json'}: ")


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_a_config_that_is_no_object_is_refused(tmp_path: Path, content: bytes) -> None:
    write_folder(tmp_path)
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(BundleError, match=r"config\.json"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize("content", [None, b"", b"\x08\0\0\0\0\0\0\0{}", b"junk" * 100])
def test_weights_that_are_no_safetensors_are_refused(tmp_path: Path, content: bytes | None) -> None:
    write_folder(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    if content is not None:
        (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(BundleError, match=r"model\.safetensors"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize(
    ("name", "array", "complaint"),
    [
        ("lm_head.bias", None, "lm_head.bias .* is missing"),
        ("lm_head.bias", np.zeros(9), "lm_head.bias is"),
        ("wav2vec2.encoder.adapter.weight", np.zeros(3), "encoder.adapter.weight .* is not understood"),
        ("lm_head.bias", np.full(8, np.nan), "lm_head.bias has values that are not finite"),
        (GAIN, np.ones((72, 1, 1)), "is missing"),
        (GAIN, np.ones(4), "is missing"),
        (GAIN, None, "is missing"),
        (DIRECTION, np.zeros((72, 36, 4)), "no direction"),
        (DIRECTION, np.ones(4), "is missing"),
        (PLAIN, np.zeros((72, 36, 4)), "is not understood"),
    ],
)
def test_a_tensor_that_does_not_fit_is_named(tmp_path: Path, name: str, array: np.ndarray | None, complaint: str) -> None:
    tensors = tensors_of(config_of())
    tensors.pop(name, None)
    if array is not None:
        tensors[name] = array.astype(np.float32)
    with pytest.raises(BundleError, match=complaint) as caught:
        read_checkpoint(write_folder(tmp_path, tensors=tensors))
    assert str(caught.value).startswith(str(tmp_path / "model.safetensors"))


@pytest.mark.parametrize(("scale", "kind"), [(1.0, "harken-wav2vec2"), (0.0, "wav2vec2")])
def test_a_written_checkpoint_reads_back_in_bf16_and_says_who_may_load_it(tmp_path: Path, scale: float, kind: str) -> None:
    first = read_checkpoint(write_folder(tmp_path / "a", config_of(rotary_scale=scale)))
    (tmp_path / "b").mkdir()
    write_checkpoint(first, tmp_path / "b")
    again = read_checkpoint(tmp_path / "b")
    assert again.config["model_type"] == kind
    assert again.shape == first.shape
    assert again.tensors.keys() == first.tensors.keys()
    assert all(np.array_equal(again.tensors[name], array.astype(ml_dtypes.bfloat16)) for name, array in first.tensors.items())
