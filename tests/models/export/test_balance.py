"""Evener activations for INT8: the function stays, the loudest channels do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from models.export.balance import balanced, channel_peaks, joints
from models.export.builder import Builder
from models.export.checkpoint import Checkpoint, read_checkpoint
from models.export.graph import build_graph
from models.export.tensors import SINK_VALUES
from models.features import batch
from tests.models.tiny import SHAPE, write_source

SPEECH = [np.random.default_rng(seed).standard_normal(8000).astype(np.float32) for seed in range(3)]


def peaks_of(checkpoint: Checkpoint) -> dict[str, np.ndarray]:
    builder = Builder()
    return channel_peaks(build_graph(checkpoint, 16_000, builder), builder.activations, checkpoint.shape, SPEECH)


def uneven(checkpoint: Checkpoint, loud: float = 30.0) -> Checkpoint:
    """One channel of every norm is far louder than the rest, and so are sinks beside a clip's own values."""
    weights = {name: array * loud if name.endswith(SINK_VALUES) else array.copy() for name, array in checkpoint.weights.items()}
    for joint in joints(checkpoint.shape):
        if weights[f"{joint.source}.weight"].ndim == 1:
            weights[f"{joint.source}.weight"][3] = loud
    return replace(checkpoint, weights=weights)


@pytest.mark.parametrize("changes", [{}, {"stable_layer_norm": False}, {"attention_sinks": 3}])
def test_the_function_stays_the_same(tmp_path: Path, changes: dict[str, Any]) -> None:
    checkpoint = uneven(read_checkpoint(write_source(tmp_path / "source", replace(SHAPE, **changes))))
    even = balanced(checkpoint, peaks_of(checkpoint))
    graphs = (build_graph(made, 16_000).SerializeToString() for made in (checkpoint, even))
    before, after = (ort.InferenceSession(graph).run(None, batch([SPEECH[0]]))[0] for graph in graphs)
    np.testing.assert_allclose(after, before, rtol=1e-3, atol=1e-4 * np.abs(before).max())
    assert any(not np.array_equal(even.weights[name], array) for name, array in checkpoint.weights.items())


def test_channels_that_were_loud_are_so_no_more(tmp_path: Path) -> None:
    checkpoint = uneven(read_checkpoint(write_source(tmp_path / "source", replace(SHAPE, stable_layer_norm=True))))
    before, after = peaks_of(checkpoint), peaks_of(balanced(checkpoint, peaks_of(checkpoint)))
    for joint in joints(checkpoint.shape):
        if checkpoint.weights[f"{joint.source}.weight"].ndim == 1:
            loudest, calmer = (peaks[joint.activation].max() / np.median(peaks[joint.activation]) for peaks in (before, after))
            assert calmer < loudest / 3


def test_a_channel_that_is_always_silent_is_no_division_by_zero(tmp_path: Path) -> None:
    checkpoint = read_checkpoint(write_source(tmp_path / "source"))
    even = balanced(checkpoint, {joint.activation: np.zeros(len(checkpoint.weights[f"{joint.source}.bias"])) for joint in joints(checkpoint.shape)})
    assert all(np.isfinite(array).all() for array in even.weights.values())


def test_a_norm_that_the_residual_sees_too_is_left_alone() -> None:
    sources = {joint.source for joint in joints(replace(SHAPE, stable_layer_norm=False))}
    assert sources == {"feature_projection.layer_norm", *(f"encoder.layers.{number}.attention.v_proj" for number in range(SHAPE.layers))}
