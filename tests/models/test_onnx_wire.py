"""External data is found wherever a tensor can hide, and no bytes do worse than be refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from models.bundle import Bundle
from models.onnx_wire import NotOnnx, has_external_data
from tests.models.tiny import saying, speaking_graph

CLEAN = speaking_graph(saying("hello"))


def inside() -> TensorProto:
    return numpy_helper.from_array(np.ones(3, np.float32), "inside")


def outside() -> TensorProto:
    tensor = TensorProto(name="outside", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="weights.bin")
    return tensor


def sparse(tensor: TensorProto) -> onnx.SparseTensorProto:
    return onnx.SparseTensorProto(values=tensor, dims=[3])


def node_with(name: str, value: object) -> onnx.NodeProto:
    return helper.make_node("Op", [], ["y"], **{name: value})


def graph_with(tensor: TensorProto) -> onnx.GraphProto:
    return onnx.GraphProto(name="sub", initializer=[tensor])


PLACES: dict[str, Callable[[onnx.ModelProto, TensorProto], object]] = {
    "initialiser": lambda model, tensor: model.graph.initializer.append(tensor),
    "sparse initialiser": lambda model, tensor: model.graph.sparse_initializer.append(sparse(tensor)),
    "sparse indices": lambda model, tensor: model.graph.sparse_initializer.append(onnx.SparseTensorProto(indices=tensor)),
    "attribute": lambda model, tensor: model.graph.node.append(node_with("value", tensor)),
    "attribute list": lambda model, tensor: model.graph.node.append(node_with("values", [tensor])),
    "sparse attribute": lambda model, tensor: model.graph.node.append(node_with("value", sparse(tensor))),
    "sparse attribute list": lambda model, tensor: model.graph.node.append(node_with("values", [sparse(tensor)])),
    "branch": lambda model, tensor: model.graph.node.append(node_with("then_branch", graph_with(tensor))),
    "branch list": lambda model, tensor: model.graph.node.append(node_with("branches", [graph_with(tensor)])),
    "branch of a branch": lambda model, tensor: model.graph.node.append(
        node_with("body", onnx.GraphProto(name="outer", node=[node_with("body", graph_with(tensor))]))
    ),
    "function": lambda model, tensor: model.functions.append(onnx.FunctionProto(name="f", node=[node_with("value", tensor)])),
    "function's default": lambda model, tensor: model.functions.append(
        onnx.FunctionProto(name="f", attribute_proto=[helper.make_attribute("value", tensor)])
    ),
    "training": lambda model, tensor: model.training_info.append(onnx.TrainingInfoProto(algorithm=graph_with(tensor))),
    "start of training": lambda model, tensor: model.training_info.append(onnx.TrainingInfoProto(initialization=graph_with(tensor))),
}


@pytest.mark.parametrize("place", PLACES)
def test_external_data_is_found_in_every_place_a_tensor_can_be(place: str) -> None:
    for tensor, expected in ((inside(), False), (outside(), True)):
        model = onnx.ModelProto.FromString(CLEAN)
        PLACES[place](model, tensor)
        assert has_external_data(model.SerializeToString()) is expected


@pytest.mark.parametrize(
    "tail", [b"\x70\x01", b"\x70\x81\x80\x80\x80\x10", b"\x6a\x00"], ids=["location", "location past 32 bits", "data without location"]
)
def test_either_mark_alone_is_enough(tail: bytes) -> None:
    tensor = inside().SerializeToString() + tail
    graph = b"\x2a" + bytes([len(tensor)]) + tensor
    assert has_external_data(b"\x3a" + bytes([len(graph)]) + graph)


def test_a_real_quantised_graph_has_none(tiny_bundle: Bundle) -> None:
    assert not has_external_data(tiny_bundle.model)
    assert not has_external_data(CLEAN)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"\x0b", "wire type 3"),
        (b"\x00", "field number 0"),
        (b"\xff\xff\xff\xff\x7f\x00", "field number"),
        (b"\x3a\x05a", "middle of a field"),
        (b"\x08", "broken number"),
        (b"\x80" * 20, "broken number"),
        (b"\x09\x00", "middle of a field"),
    ],
)
def test_broken_wire_format_is_refused_with_its_place(raw: bytes, why: str) -> None:
    with pytest.raises(NotOnnx, match=why):
        has_external_data(raw)


def test_nesting_without_end_is_refused() -> None:
    # A node, its attribute, the attribute's graph, a node in it, ...
    message = b""
    for level in range(300):
        tag = (b"\x32", b"\x2a", b"\x0a")[level % 3]
        length = len(message)
        message = tag + bytes([length & 0x7F | 0x80, length >> 7]) + message
    with pytest.raises(NotOnnx, match="nested deeper"):
        has_external_data(b"\x3a" + bytes([len(message) & 0x7F | 0x80, len(message) >> 7]) + message)


@given(st.binary(max_size=200))
def test_random_bytes_are_answered_or_refused(raw: bytes) -> None:
    try:
        has_external_data(raw)
    except NotOnnx as error:
        assert str(error)


@given(st.integers(0, len(CLEAN) - 1), st.integers(1, 255))
def test_a_changed_byte_is_answered_or_refused(position: int, change: int) -> None:
    raw = bytearray(CLEAN)
    raw[position] ^= change
    try:
        has_external_data(bytes(raw))
    except NotOnnx as error:
        assert str(error)
