"""The exported graph computes what the definitions say, for every shape it accepts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from models.export.checkpoint import read_checkpoint
from models.export.graph import build_graph
from models.export.tensors import Shape
from models.features import batch
from tests.models.export.reference import reference_logits
from tests.models.tiny import SHAPE, random_tensors, write_source

MAX_SAMPLES = 16_000
TOLERANCE = 1e-4

SHAPES = {
    "rotary": SHAPE,
    "half the angle": replace(SHAPE, rotary_scale=0.5),
    "no rotation": replace(SHAPE, rotary_scale=0.0),
    "sines and cosines": replace(SHAPE, rotary_scale=0.0, sinusoidal_positions=True, layers=2),
    "sinks": replace(SHAPE, attention_sinks=3, layers=2),
    "head of 32, all of it turned": replace(SHAPE, hidden_size=64, layers=2),
    "odd position kernel, one group": replace(SHAPE, position_kernel=5, position_groups=1, layers=1),
    "kernel a multiple of its stride": replace(SHAPE, conv_kernel=(10, 4, 2), layers=1),
    "stride 1": replace(SHAPE, conv_stride=(5, 1, 1), layers=1),
    "kernel shorter than its stride": replace(SHAPE, conv_kernel=(10, 2, 4), conv_stride=(5, 3, 2), layers=1),
    "one conv layer": replace(SHAPE, conv_dim=(6,), conv_kernel=(320,), conv_stride=(64,), layers=1),
    "group norm": replace(SHAPE, conv_norm="group", conv_bias=False, layers=1),
    "group norm, convolutions with bias": replace(SHAPE, conv_norm="group", layers=1),
    "layer norm, convolutions without bias": replace(SHAPE, conv_bias=False, layers=1),
    "norms after attention and feed-forward": replace(SHAPE, stable_layer_norm=False),
    "as wav2vec2-base": replace(SHAPE, conv_norm="group", conv_bias=False, stable_layer_norm=False, rotary_scale=0.0),
    "another epsilon": replace(SHAPE, layer_norm_eps=1e-2, layers=1),
}


def session_of(folder: Path, shape: Shape) -> ort.InferenceSession:
    graph = build_graph(read_checkpoint(write_source(folder, shape)), MAX_SAMPLES)
    return ort.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("name", SHAPES)
def test_logits_are_those_of_the_definitions_at_every_length(tmp_path: Path, name: str) -> None:
    shape = SHAPES[name]
    session, tensors, random = session_of(tmp_path, shape), random_tensors(shape), np.random.default_rng(2)
    field, stride = shape.clock.receptive_field_samples, shape.clock.stride_samples
    for samples in (field, field + 1, field + stride - 1, field + stride, field + 37 * stride + 3):
        waveform = random.standard_normal(samples).astype(np.float32)
        (logits,) = session.run(None, batch([waveform]))
        assert logits.shape == (1, shape.clock.frames(samples), shape.outputs)
        np.testing.assert_allclose(logits[0], reference_logits(waveform, tensors, shape), atol=TOLERANCE)


def test_the_rotation_matters(tmp_path: Path) -> None:
    waveform = np.random.default_rng(3).standard_normal(2000).astype(np.float32)
    turned, still = (session_of(tmp_path / name, SHAPES[name]).run(None, batch([waveform]))[0] for name in ("rotary", "no rotation"))
    assert np.abs(turned - still).max() > 100 * TOLERANCE


@pytest.mark.parametrize("name", ["rotary", "sines and cosines"])
def test_the_longest_input_is_covered_by_the_tables(tmp_path: Path, name: str) -> None:
    (logits,) = session_of(tmp_path, SHAPES[name]).run(None, batch([np.zeros(MAX_SAMPLES, np.float32)]))
    assert logits.shape[1] == SHAPE.clock.frames(MAX_SAMPLES)
