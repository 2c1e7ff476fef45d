"""Cuts a stretch out of a serialised ONNX graph without the onnx package: nodes and weights are copied byte by byte, so they compute the same.

Protobuf's wire format is walked as in onnx_wire; what is written anew is only the stretch's inputs and outputs (onnx.proto3, IR version 13).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.onnx_wire import BYTES, VARINT, NotOnnx, fields

FLOAT, INT64 = 1, 7
# Field numbers, by message.
MODEL_GRAPH, MODEL_OPERATOR_SET = 7, 8
GRAPH_NODE, GRAPH_NAME, GRAPH_INITIALIZER, GRAPH_INPUT, GRAPH_OUTPUT = 1, 2, 5, 11, 12
NODE_INPUT, NODE_OUTPUT = 1, 2
TENSOR_NAME = 8
VALUE_NAME, VALUE_TYPE = 1, 2
TYPE_TENSOR = 1
TENSOR_TYPE_ELEMENT, TENSOR_TYPE_SHAPE = 1, 2
SHAPE_DIMENSION = 1
DIMENSION_NAME = 2


@dataclass(frozen=True, slots=True)
class Value:
    """An input or output of a graph."""

    name: str
    element: int
    """TensorProto.DataType: FLOAT or INT64."""
    axes: tuple[str, ...]
    """A name for each, their sizes being open."""


@dataclass(frozen=True, slots=True)
class _Node:
    raw: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def value_made_with(model: bytes, weight: str) -> str:
    """Name of the one output of the one node that reads this weight. Raises: NotOnnx: no node does, several do, or it has several outputs."""
    readers = [node for node in _nodes(_graph(model)) if weight in node.inputs]
    if len(readers) != 1 or len(readers[0].outputs) != 1:
        raise NotOnnx(f"{len(readers)} nodes read {weight}, must be one with one output")
    return readers[0].outputs[0]


def cut(model: bytes, inputs: Sequence[Value], output: Value) -> bytes:
    """The graph that computes `output` from `inputs`, which may be values inside the model, with only the weights it needs.

    Raises: NotOnnx: `output` is none of the model's values, or also depends on something that is neither an input nor a weight.
    """
    graph = _graph(model)
    given = {value.name for value in inputs}
    nodes = _needed(_nodes(graph), given, output.name)
    weights = {_name(raw): raw for raw in _all(graph, GRAPH_INITIALIZER)}
    read, made = {name for node in nodes for name in node.inputs if name}, {name for node in nodes for name in node.outputs}
    missing = sorted(read - made - given - weights.keys())
    if output.name not in made or missing:
        raise NotOnnx(f"{output.name} does not follow from {', '.join(sorted(given))}: {', '.join(missing) or output.name} is missing")
    parts = [_bytes(GRAPH_NODE, node.raw) for node in nodes]
    parts.append(_bytes(GRAPH_NAME, b"cut"))
    parts += [_bytes(GRAPH_INITIALIZER, raw) for name, raw in weights.items() if name in read]
    parts += [_bytes(GRAPH_INPUT, _value(value)) for value in inputs if value.name in read]
    parts.append(_bytes(GRAPH_OUTPUT, _value(output)))
    return _model_with(model, b"".join(parts))


def _needed(nodes: Sequence[_Node], given: set[str], output: str) -> list[_Node]:
    """ONNX nodes are stored in an order in which they can run, so one walk backwards finds all that `output` needs."""
    wanted, found = {output}, []
    for node in reversed(nodes):
        if wanted.intersection(node.outputs) - given:
            found.append(node)
            wanted.update(node.inputs)
    return found[::-1]


def _graph(model: bytes) -> bytes:
    graphs = _all(model, MODEL_GRAPH)
    if len(graphs) != 1:
        raise NotOnnx(f"{len(graphs)} graphs, must be one")
    if not _all(model, MODEL_OPERATOR_SET):
        raise NotOnnx("no operator set is named")
    return graphs[0]


def _nodes(graph: bytes) -> list[_Node]:
    return [_Node(raw, _texts(raw, NODE_INPUT), _texts(raw, NODE_OUTPUT)) for raw in _all(graph, GRAPH_NODE)]


def _all(message: bytes, wanted: int) -> list[bytes]:
    return [bytes(value) for number, value in fields(memoryview(message)) if number == wanted and isinstance(value, memoryview)]


def _texts(message: bytes, wanted: int) -> tuple[str, ...]:
    return tuple(text.decode(errors="replace") for text in _all(message, wanted))


def _name(tensor: bytes) -> str:
    return next(iter(_texts(tensor, TENSOR_NAME)), "")


def _model_with(model: bytes, graph: bytes) -> bytes:
    """The same model around another graph: version and operator sets stay."""
    kept = (
        _varint(number << 3 | VARINT) + _varint(value) if isinstance(value, int) else _bytes(number, bytes(value))
        for number, value in fields(memoryview(model))
        if number != MODEL_GRAPH
    )
    return b"".join(kept) + _bytes(MODEL_GRAPH, graph)


def _value(value: Value) -> bytes:
    shape = b"".join(_bytes(SHAPE_DIMENSION, _bytes(DIMENSION_NAME, axis.encode())) for axis in value.axes)
    tensor = _varint(TENSOR_TYPE_ELEMENT << 3 | VARINT) + _varint(value.element) + _bytes(TENSOR_TYPE_SHAPE, shape)
    return _bytes(VALUE_NAME, value.name.encode()) + _bytes(VALUE_TYPE, _bytes(TYPE_TENSOR, tensor))


def _bytes(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | BYTES) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
