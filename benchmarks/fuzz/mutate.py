"""Protobuf messages that somebody has been at: any value a field's type can hold, bytes cut, flipped or doubled. Pure: all chance is given."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from google.protobuf.descriptor import FieldDescriptor as F
from google.protobuf.message import Message

MAX_DEPTH = 4
MAX_ITEMS = 3
HUGE_ITEMS = 600
"""More than any limit on repeated fields."""
TEXTS = (
    "", "pie", "small", "banana bread", "../etc/passwd", "a" * 201, "x" * 5000, "\0", "\x1b[2J", "<script>", "\u202eabc", "\U00010000" * 50,
    "1/3 cup", "AND OR NOT (", '"', "*:*",
)  # fmt: skip
FLOATS = (0.0, 1.0, 0.5, -1.0, float("nan"), float("inf"), float("-inf"), 1e308, -1e308, 5e-324)
RANGES = {
    F.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    F.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    F.CPPTYPE_UINT32: (0, 2**32 - 1),
    F.CPPTYPE_UINT64: (0, 2**64 - 1),
    F.CPPTYPE_ENUM: (-(2**31), 2**31 - 1),
}


def filled(message: Message, chance: random.Random, depth: int = 0) -> Message:
    """Fields set at random, `message` itself."""
    for field in message.DESCRIPTOR.fields:
        if depth < MAX_DEPTH and chance.random() < 0.5:
            _set(message, field, chance, depth)
    return message


def with_one_field_changed(message: Message, chance: random.Random) -> Message:
    """Of the message or of one within it, `message` itself."""
    target = message
    while True:
        within = [value for field, value in target.ListFields() if field.message_type is not None and not field.is_repeated]
        if not within or chance.random() < 0.4:
            break
        target = chance.choice(within)
    fields: Any = target.DESCRIPTOR.fields
    if fields:
        field = chance.choice(fields)
        target.ClearField(field.name)
        if chance.random() < 0.8:
            _set(target, field, chance, 1)
    return message


def bytes_changed(wire: bytes, chance: random.Random) -> bytes:
    """One change, or a few, below what protobuf's own classes would write."""
    for _ in range(chance.choice((1, 1, 1, 3, 8))):
        wire = chance.choice(CHANGES)(wire, chance)
    return wire


def _flip(wire: bytes, chance: random.Random) -> bytes:
    if not wire:
        return b"\xff"
    at = chance.randrange(len(wire))
    return wire[:at] + bytes([wire[at] ^ (1 << chance.randrange(8))]) + wire[at + 1 :]


def _cut(wire: bytes, chance: random.Random) -> bytes:
    return wire[: chance.randrange(len(wire) + 1)]


def _insert(wire: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(wire) + 1)
    new = chance.choice((chance.randbytes(chance.randrange(1, 9)), b"\xff" * 10, b"\xfa\x7f\x03new", b"\x80" * 11, b"\x0b" * 120))
    return wire[:at] + new + wire[at:]


def _double(wire: bytes, chance: random.Random) -> bytes:
    begin, end = sorted(chance.randrange(len(wire) + 1) for _ in range(2))
    return wire[:end] + wire[begin:end] + wire[end:]


CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (_flip, _flip, _cut, _insert, _double)


def _set(message: Message, field: Any, chance: random.Random, depth: int) -> None:
    if field.is_repeated:
        items = getattr(message, field.name)
        for _ in range(HUGE_ITEMS if chance.random() < 0.02 else chance.randrange(MAX_ITEMS + 1)):
            if field.message_type is not None:
                filled(items.add(), chance, depth + 1)
            else:
                items.append(_scalar(field, chance))
    elif field.message_type is not None:
        within = getattr(message, field.name)
        within.SetInParent()
        filled(within, chance, depth + 1)
    else:
        setattr(message, field.name, _scalar(field, chance))


def _scalar(field: Any, chance: random.Random) -> Any:
    match field.cpp_type:
        case F.CPPTYPE_BOOL:
            return chance.random() < 0.5
        case F.CPPTYPE_FLOAT | F.CPPTYPE_DOUBLE:
            return chance.choice(FLOATS)
        case F.CPPTYPE_STRING if field.type == F.TYPE_BYTES:
            return chance.randbytes(chance.choice((0, 1, 2, 640, 6400, 15_002)))
        case F.CPPTYPE_STRING:
            return chance.choice(TEXTS)
        case kind:
            low, high = RANGES[kind]
            return chance.choice((0, 1, 2, 3, 16_000, low, high, low + 1 if low else 5, chance.randint(low, high)))
