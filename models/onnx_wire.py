"""Looks for external data in a serialised ONNX model without the onnx package: a walk over protobuf's wire format. Reads only; runs nothing.

TensorProto.data_location is field 14 (EXTERNAL = 1), TensorProto.external_data field 13 (onnx.proto3). Tensors sit in graph initialisers, sparse
tensors, attributes and functions at any depth, so every length-delimited field on the way to one is searched.
"""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

# message -> {field number: message of that field}; only what leads to a tensor (onnx.proto3, IR version 13).
CHILDREN: dict[str, dict[int, str]] = {
    "Model": {7: "Graph", 20: "Training", 25: "Function"},
    "Training": {1: "Graph", 2: "Graph"},
    "Function": {7: "Node", 11: "Attribute"},
    "Graph": {1: "Node", 5: "Tensor", 15: "SparseTensor"},
    "Node": {5: "Attribute"},
    "Attribute": {5: "Tensor", 6: "Graph", 10: "Tensor", 11: "Graph", 22: "SparseTensor", 23: "SparseTensor"},
    "SparseTensor": {1: "Tensor", 2: "Tensor"},
    "Tensor": {},
}
EXTERNAL_DATA, DATA_LOCATION = 13, 14
MAX_DEPTH = 64
MAX_TAG = 2**32 - 1


class NotOnnx(ValueError):
    """The bytes cannot be an ONNX model; the message says at which byte."""


def has_external_data(model: bytes) -> bool:
    """Any data_location but 0 counts, since protobuf cuts it to 32 bits before it is compared. Raises: NotOnnx."""
    return _search(memoryview(model), "Model", 0)


def _search(data: memoryview, kind: str, depth: int) -> bool:
    if depth > MAX_DEPTH:
        raise NotOnnx(f"nested deeper than {MAX_DEPTH} messages")
    for number, value in fields(data):
        if kind == "Tensor" and (number == EXTERNAL_DATA or (number == DATA_LOCATION and value != 0)):
            return True
        child = CHILDREN[kind].get(number)
        if child is not None and isinstance(value, memoryview) and _search(value, child, depth + 1):
            return True
    return False


def fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Field numbers and values of one message, in order; nested messages and strings as bytes. Raises: NotOnnx."""
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, wire_type = tag >> 3, tag & 7
        if not number or tag > MAX_TAG:
            raise NotOnnx(f"field number {number} before byte {position}")
        if wire_type == VARINT:
            value, position = _varint(data, position)
            yield number, value
            continue
        if wire_type == BYTES:
            length, position = _varint(data, position)
        elif wire_type in (FIXED64, FIXED32):
            length = 8 if wire_type == FIXED64 else 4
        else:
            raise NotOnnx(f"wire type {wire_type} before byte {position}")
        if position + length > len(data):
            raise NotOnnx(f"ends in the middle of a field, at byte {position}")
        yield number, data[position : position + length]
        position += length


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(data) and shift < 70:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise NotOnnx(f"broken number before byte {position}")
