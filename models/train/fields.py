"""A TOML table -> a frozen dataclass, every value checked against its field's type and bounds. Pure; knows no recipe."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from protos.errors import ConfigurationError

Table = TypeVar("Table")


def bounded(least: float, most: float = math.inf, default: Any = dataclasses.MISSING) -> Any:
    """A number (or tuple of numbers) within [least, most]."""
    return dataclasses.field(default=default, metadata={"least": least, "most": most})


def read_table(kind: type[Table], table: object, where: str) -> Table:
    """where: what messages begin with, such as `adult-1.toml: optimiser`.

    Raises: ConfigurationError: names the key and the value: unknown, missing, of another type, or out of bounds.
    """
    if not isinstance(table, Mapping):
        raise ConfigurationError(f"{where} is {table!r}, must be a table")
    known = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise ConfigurationError(f"{where} has the unknown key {unknown[0]!r}; known are {', '.join(known)}")
    hints, values = get_type_hints(kind), {}
    for name, field in known.items():
        if name in table:
            values[name] = _value(hints[name], table[name], f"{where}.{name}", field.metadata)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ConfigurationError(f"{where}.{name} is missing")
    return kind(**values)


def _value(hint: Any, value: object, where: str, bounds: Mapping[str, float]) -> Any:
    if dataclasses.is_dataclass(hint):
        return read_table(hint, value, where)  # type: ignore[arg-type]
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            raise ConfigurationError(f"{where} is {value!r}, must be a list")
        return tuple(_value(get_args(hint)[0], item, f"{where}[{number}]", bounds) for number, item in enumerate(value))
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not hint:
        raise ConfigurationError(f"{where} is {value!r}, must be of type {hint.__name__}")
    if isinstance(value, int | float) and bounds and not bounds["least"] <= value <= bounds["most"]:
        raise ConfigurationError(f"{where} is {value!r}, must be from {bounds['least']:g} to {bounds['most']:g}")
    return value
