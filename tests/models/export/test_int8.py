"""Static INT8: what is quantised, once, by constants; and a result that depends on nothing but its input."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.export.builder import Builder
from models.export.calibrate import calibrate
from models.export.checkpoint import read_checkpoint
from models.export.graph import build_graph
from models.export.int8 import Int8Builder

Signal = npt.NDArray[np.float32]


def speech(seed: int, samples: int = 8000) -> Signal:
    return np.random.default_rng(seed).standard_normal(samples).astype(np.float32)


def session(model: onnx.ModelProto) -> ort.InferenceSession:
    return ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def logits(of: ort.InferenceSession, waveform: Signal) -> Signal:
    result: Signal = of.run(None, {"waveform": waveform[None]})[0][0]
    return result


@pytest.fixture(scope="module")
def models(tiny_source: Path) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """(float32, INT8) of the same random weights."""
    checkpoint, builder = read_checkpoint(tiny_source), Builder()
    floating = build_graph(checkpoint, 16_000, builder)
    ranges = calibrate(floating, builder.activations, [speech(seed) for seed in range(4)])
    return floating, build_graph(checkpoint, 16_000, Int8Builder(ranges))


def test_every_product_but_layer_0_is_u8_by_s8_with_one_scale_a_column(models: tuple[onnx.ModelProto, onnx.ModelProto]) -> None:
    floating, quantized = models
    products = Counter(node.op_type for node in floating.graph.node)["MatMul"]
    operators = Counter(node.op_type for node in quantized.graph.node)
    assert (operators["MatMul"], operators["MatMulIntegerToFloat"]) == (1, products - 1)
    assert not {"DynamicQuantizeLinear", "MatMulNBits", "SkipLayerNormalization", "BiasGelu"} & operators.keys(), "what MLAS runs slowly"
    tensors = {tensor.name: tensor for tensor in quantized.graph.initializer}
    for node in quantized.graph.node:
        if node.op_type == "MatMulIntegerToFloat":
            _, weight, scale, steps, zero, *_ = (tensors.get(name) for name in node.input)
            assert weight is not None
            assert steps is not None
            assert scale is not None
            assert zero is not None
            assert (weight.data_type, zero.data_type) == (onnx.TensorProto.INT8, onnx.TensorProto.UINT8)
            assert (list(scale.dims), list(steps.dims)) == ([], [weight.dims[1]])


def test_query_key_and_value_share_one_quantisation(models: tuple[onnx.ModelProto, onnx.ModelProto]) -> None:
    products = [node for node in models[1].graph.node if node.op_type == "MatMulIntegerToFloat" and "attention" in node.input[1]]
    inputs = Counter(node.input[0] for node in products if "out_proj" not in node.input[1])
    assert set(inputs.values()) == {3}


def test_windows_are_copied_as_bytes(models: tuple[onnx.ModelProto, onnx.ModelProto]) -> None:
    quantized = models[1]
    first_use = next(index for index, node in enumerate(quantized.graph.node) if node.op_type == "QuantizeLinear")
    following = [node.op_type for node in quantized.graph.node[first_use + 1 :]]
    assert following.index("Slice") < following.index("MatMulIntegerToFloat")


def test_logits_stay_near_those_in_float(models: tuple[onnx.ModelProto, onnx.ModelProto]) -> None:
    wanted, got = (logits(session(model), speech(9)) for model in models)
    assert 0 < np.abs(wanted - got).max() < 0.1 * np.abs(wanted).max()


def test_a_clip_louder_than_any_seen_is_clipped_and_not_wrapped(models: tuple[onnx.ModelProto, onnx.ModelProto]) -> None:
    assert np.isfinite(logits(session(models[1]), 50 * speech(9))).all()


def test_the_same_input_gives_the_same_bits_whatever_ran_before(models: tuple[onnx.ModelProto, onnx.ModelProto]) -> None:
    quantized = session(models[1])
    alone = logits(quantized, speech(1))

    @settings(max_examples=20, deadline=None)
    @given(st.integers(0, 1000), st.integers(500, 16_000), st.sampled_from([0.0, 1.0, 100.0]))
    def beside(seed: int, samples: int, gain: float) -> None:
        logits(quantized, np.float32(gain) * speech(seed, samples))
        assert np.array_equal(logits(quantized, speech(1)), alone)

    beside()
