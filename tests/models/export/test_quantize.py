"""Which weights become 8 bits, and that the logits stay near."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from models.export.checkpoint import read_checkpoint
from models.export.graph import build_graph
from models.export.quantize import quantize
from tests.models.tiny import SHAPE


@pytest.fixture(scope="module")
def floating(tiny_source: Path) -> onnx.ModelProto:
    return build_graph(read_checkpoint(tiny_source), 16_000)


@pytest.fixture(scope="module")
def quantized(floating: onnx.ModelProto) -> onnx.ModelProto:
    return quantize(floating)


def test_every_product_but_layer_0_is_u8_by_s8(floating: onnx.ModelProto, quantized: onnx.ModelProto) -> None:
    products = Counter(node.op_type for node in floating.graph.node)["MatMul"]
    operators = Counter(node.op_type for node in quantized.graph.node)
    assert (operators["MatMul"], operators["MatMulInteger"]) == (1, products - 1)
    types = {tensor.name: tensor.data_type for tensor in quantized.graph.initializer}
    weights = [node.input[1] for node in quantized.graph.node if node.op_type == "MatMulInteger"]
    assert {types[name] for name in weights} == {onnx.TensorProto.INT8}
    (layer_0,) = [node for node in quantized.graph.node if node.op_type == "MatMul"]
    assert layer_0.input[1] == "feature_extractor.conv_layers.0.conv.weight"


def test_weights_have_a_scale_for_each_column(quantized: onnx.ModelProto) -> None:
    scales = {tensor.name: tuple(tensor.dims) for tensor in quantized.graph.initializer if tensor.name.endswith("_scale")}
    assert scales["lm_head.weight_scale"] == (SHAPE.outputs,)


def test_logits_stay_near_those_in_float(floating: onnx.ModelProto, quantized: onnx.ModelProto) -> None:
    waveform = np.random.default_rng(1).standard_normal((1, 8000)).astype(np.float32)
    wanted, got = (
        ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"waveform": waveform})[0]
        for model in (floating, quantized)
    )
    assert 0 < np.abs(wanted - got).max() < 0.1 * np.abs(wanted).max()


def test_quantising_leaves_logging_as_it_was(floating: onnx.ModelProto, caplog: pytest.LogCaptureFixture) -> None:
    level = logging.getLogger().level
    quantize(floating)
    assert logging.getLogger().level == level
    assert caplog.records == []
