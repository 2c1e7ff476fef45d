"""A stretch of a graph computes what it computed inside, and no bytes do worse than be refused."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from models.onnx_cut import FLOAT, Value, cut, value_made_with
from models.onnx_wire import NotOnnx

X, MIDDLE, Y = (Value(name, FLOAT, ("rows", "columns")) for name in ("x", "middle", "y"))


def whole() -> bytes:
    """y = (x @ first + bias) @ second, and a side branch nobody needs."""
    random = np.random.default_rng(1)
    weights = {name: random.standard_normal(shape).astype(np.float32) for name, shape in (("first", (3, 4)), ("bias", (4,)), ("second", (4, 2)))}
    nodes = [
        helper.make_node("MatMul", ["x", "first"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["middle"]),
        helper.make_node("Neg", ["middle"], ["side"]),
        helper.make_node("MatMul", ["middle", "second"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "whole",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", 2])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    return bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10).SerializeToString())


def run(model: bytes, name: str, value: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    onnx.checker.check_model(onnx.ModelProto.FromString(model))
    return np.asarray(ort.InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, {name: value})[0])


def test_two_pieces_in_a_row_are_the_whole() -> None:
    x = np.random.default_rng(2).standard_normal((5, 3)).astype(np.float32)
    middle = run(cut(whole(), [X], MIDDLE), "x", x)
    np.testing.assert_array_equal(run(cut(whole(), [MIDDLE], Y), "middle", middle), run(whole(), "x", x))


def test_a_piece_has_only_what_it_needs() -> None:
    graph = onnx.ModelProto.FromString(cut(whole(), [MIDDLE], Y)).graph
    assert [node.op_type for node in graph.node] == ["MatMul"]
    assert [tensor.name for tensor in graph.initializer] == ["second"]
    assert [value.name for value in graph.input] == ["middle"]


def test_a_value_is_found_by_the_weight_it_is_made_with() -> None:
    assert value_made_with(whole(), "bias") == "middle"
    with pytest.raises(NotOnnx, match="0 nodes read third"):
        value_made_with(whole(), "third")


def test_what_does_not_follow_is_refused() -> None:
    with pytest.raises(NotOnnx, match="y does not follow from other: x is missing"):
        cut(whole(), [Value("other", FLOAT, ("rows",))], Y)
    with pytest.raises(NotOnnx, match="nothing does not follow from x"):
        cut(whole(), [X], Value("nothing", FLOAT, ("rows",)))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_model_are_refused(data: bytes) -> None:
    with pytest.raises(NotOnnx):
        cut(data, [X], Y)


@example(len(whole()) - 4)  # all but the operator set
@given(st.integers(0, len(whole()) - 1))
def test_half_a_model_is_refused_or_lacks_something(length: int) -> None:
    with pytest.raises(NotOnnx):
        cut(whole()[:length], [X], Y)
