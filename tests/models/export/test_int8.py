"""Static INT8: what is quantised, once, by constants; and a result that depends on nothing but its input."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from models.cpu import has_exact_int8
from models.export.builder import Builder
from models.export.calibrate import calibrate
from models.export.checkpoint import read_checkpoint
from models.export.front_end import FILTER_BANK_STRIDE
from models.export.graph import build_graph
from models.export.int8 import WINDOW, Int8Builder
from models.features import batch
from models.recognizer import WIDE_PRODUCTS
from tests.models.tiny import SHAPE, write_source

Signal = npt.NDArray[np.float32]


def speech(seed: int, samples: int = 8000) -> Signal:
    return np.random.default_rng(seed).standard_normal(samples).astype(np.float32)


def session(model: onnx.ModelProto, *, widened: bool = not has_exact_int8()) -> ort.InferenceSession:
    """As it is served on this processor, unless said otherwise."""
    options = ort.SessionOptions()
    options.add_session_config_entry(WIDE_PRODUCTS, str(int(widened)))
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def logits(of: ort.InferenceSession, waveform: Signal) -> Signal:
    result: Signal = of.run(None, batch([waveform]))[0][0]
    return result


@pytest.fixture(scope="module")
def models(tiny_source: Path) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    return models_of(tiny_source)


def models_of(source: Path) -> tuple[onnx.ModelProto, onnx.ModelProto]:
    """(float32, INT8) of the same random weights."""
    checkpoint, builder = read_checkpoint(source), Builder()
    floating = build_graph(checkpoint, 16_000, builder)
    ranges = calibrate(floating, builder.activations, [speech(seed) for seed in range(4)])
    return floating, build_graph(checkpoint, 16_000, Int8Builder(ranges))


def test_every_product_but_layer_0_is_u8_by_s8_with_one_scale_a_column(models: tuple[onnx.ModelProto, onnx.ModelProto]) -> None:
    floating, quantized = models
    products = Counter(node.op_type for node in floating.graph.node)["MatMul"]
    operators = Counter(node.op_type for node in quantized.graph.node)
    assert (operators["MatMul"], operators["MatMulIntegerToFloat"], operators["Conv"]) == (1, products, 0), "the grouped convolution is one too"
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
            columns = [weight.dims[-1]] if len(weight.dims) == 2 else [weight.dims[0], 1, weight.dims[-1]]
            assert (list(scale.dims), list(steps.dims)) == ([], columns)


@pytest.mark.parametrize(("stride", "products"), [(FILTER_BANK_STRIDE - 1, 1), (FILTER_BANK_STRIDE, 2)])
def test_what_a_bank_of_filters_gives_is_multiplied_twice(tmp_path: Path, stride: int, products: int) -> None:
    _, quantized = models_of(write_source(tmp_path / "source", replace(SHAPE, conv_dim=(8, 8), conv_kernel=(stride, 2), conv_stride=(stride, 1))))
    weight = "feature_extractor.conv_layers.1.conv.weight"
    assert sum(node.op_type == "MatMulIntegerToFloat" and weight in node.input for node in quantized.graph.node) == products


@pytest.mark.parametrize("kernel", [1, 3])
def test_two_products_lose_a_hundredth_of_what_one_loses(kernel: int) -> None:
    random = np.random.default_rng(kernel)
    # Whole steps of the weights' scale, so that only the activations lose anything; loud frames and quiet ones.
    weight = np.rint(random.uniform(-127, 127, (kernel * 4, 6))).astype(np.float32)
    weight[0] = 127
    x = (random.standard_normal((1, 50, 4)) * np.logspace(-3, 0, 50)[None, :, None]).astype(np.float32)
    low, high = float(x.min()), float(x.max())

    def product(builder: Builder, activation: Callable[[str, str], str]) -> Signal:
        windows = builder.windows(activation("x", "a"), kernel, 1, 4)
        inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, None, 4])]
        model = builder.model(inputs, builder.linear(windows, "a", weight, np.ones(6, np.float32)), "y", 6)
        result: Signal = session(model).run(None, {"x": x})[0]
        return result

    exact, coarse, fine = Builder(), Int8Builder({"a": (low, high)}), Int8Builder({"a": (low, high)})
    wanted = product(exact, exact.activation)
    one = np.abs(product(coarse, coarse.activation) - wanted).max()
    two = np.abs(product(fine, fine.fine_activation) - wanted).max()
    assert 0 < two < one / 100


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


@given(st.integers(1, 40), st.integers(1, 3), st.integers(1, 3), st.integers(1, 70), st.integers(1, 2))
@settings(max_examples=40, deadline=None)
def test_a_grouped_convolution_is_that_of_the_float_graph(kernel: int, groups: int, width: int, frames: int, clips: int) -> None:
    """Of weights and a signal that eight bits hold exactly: any error left would be one of place."""
    random, hidden = np.random.default_rng(kernel), groups * width
    weight = random.integers(-127, 128, (hidden, width, kernel)).astype(np.float32)
    weight[:, 0, ::WINDOW] = 127  # every column's step is 1
    signal = random.integers(-100, 156, (clips, frames, hidden)).astype(np.float32)
    inputs = [helper.make_tensor_value_info("signal", TensorProto.FLOAT, ["batch", "frames", hidden])]
    models = [
        builder.model(inputs, builder.grouped_convolution("signal", "position", weight, groups), "y", hidden)
        for builder in (Builder(), Int8Builder({"position": (-100, 155)}))
    ]
    opened = [session(models[0]), session(models[1]), session(models[1], widened=True)]
    expected, served, widened = (one.run(None, {"signal": signal})[0] for one in opened)
    np.testing.assert_array_equal(served, expected)
    np.testing.assert_array_equal(widened, expected)


@pytest.mark.parametrize("changes", [{}, {"rotary_scale": 0.0, "sinusoidal_positions": True, "attention_sinks": 3}])
def test_a_clip_gives_the_same_bits_alone_and_beside_any_neighbours(tmp_path: Path, changes: dict[str, Any]) -> None:
    quantized = session(models_of(write_source(tmp_path, replace(SHAPE, **changes)))[1])

    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 1000), st.integers(60, 9000), st.sampled_from([0.0, 1.0, 100.0])), min_size=2, max_size=5))
    def together(clips: list[tuple[int, int, float]]) -> None:
        waveforms = [np.float32(gain) * speech(seed, samples) for seed, samples, gain in clips]
        for waveform, row in zip(waveforms, quantized.run(None, batch(waveforms))[0], strict=True):
            alone = logits(quantized, waveform)
            assert np.array_equal(row[: len(alone)], alone)

    together()


def test_products_must_be_widened_just_where_the_processor_is_said_to_need_it(models: tuple[onnx.ModelProto, onnx.ModelProto]) -> None:
    """Elsewhere widening changes no bit; without VNNI sums of loud activations overflow, and it does (seen on an EPYC without it)."""
    widened, plain = (logits(session(models[1], widened=widened), speech(5)) for widened in (True, False))
    assert np.array_equal(widened, plain) == has_exact_int8()
