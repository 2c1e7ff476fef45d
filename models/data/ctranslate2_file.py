"""The weights of a CTranslate2 model file (model.bin, version 6): a short header, then name, sizes, type and bytes of each array."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from protos.errors import ConfigurationError

VERSION = 6
DTYPES: dict[int, np.dtype[Any]] = {0: np.dtype("<f4"), 1: np.dtype("i1"), 2: np.dtype("<i2"), 3: np.dtype("<i4"), 4: np.dtype("<f2")}


def read_weights(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Arrays by name, as stored. Raises: ConfigurationError: it is cut short, of another version, or an array is of an unknown type."""
    reader = _Reader(path.read_bytes())
    try:
        if (version := reader.number("I")) != VERSION:
            raise ConfigurationError(f"{path}: is of version {version}, this reader understands {VERSION}")
        reader.text()
        reader.number("I")
        return dict(reader.array() for _ in range(reader.number("I")))
    except (struct.error, KeyError, ValueError) as error:
        raise ConfigurationError(f"{path}: is no CTranslate2 model, or is cut short ({type(error).__name__}: {error})") from error


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw, self._at = raw, 0

    def number(self, kind: str) -> int:
        (value,) = struct.unpack_from(f"<{kind}", self._raw, self._at)
        self._at += struct.calcsize(f"<{kind}")
        return int(value)

    def bytes(self, count: int) -> bytes:
        if self._at + count > len(self._raw):
            raise ValueError(f"{count} bytes wanted at {self._at} of {len(self._raw)}")
        self._at += count
        return self._raw[self._at - count : self._at]

    def text(self) -> str:
        return self.bytes(self.number("H")).rstrip(b"\0").decode()

    def array(self) -> tuple[str, npt.NDArray[Any]]:
        name = self.text()
        sizes = [self.number("I") for _ in range(self.number("B"))]
        dtype: np.dtype[Any] = DTYPES[self.number("B")]
        return name, np.frombuffer(self.bytes(self.number("I")), dtype).reshape(sizes)
