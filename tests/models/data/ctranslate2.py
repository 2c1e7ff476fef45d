"""Writes a CTranslate2 model file as its own converter does: what the reader of teachers' weights is tried on."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

TYPES = {np.dtype(np.float32): 0, np.dtype(np.int8): 1, np.dtype(np.int16): 2, np.dtype(np.int32): 3, np.dtype(np.float16): 4}


def write_weights(path: Path, arrays: Mapping[str, npt.NDArray[Any]], types: Mapping[str, int] | None = None) -> Path:
    """types: a number of the file's own for arrays by name, in the place of the right one."""
    parts = [struct.pack("<I", 6), _text("WhisperSpec"), struct.pack("<II", 3, len(arrays))]
    for name, array in arrays.items():
        kind = (types or {}).get(name, TYPES[array.dtype])
        parts += [_text(name), struct.pack(f"<B{array.ndim}I", array.ndim, *array.shape), struct.pack("<BI", kind, array.nbytes), array.tobytes()]
    path.write_bytes(b"".join([*parts, struct.pack("<I", 0)]))
    return path


def _text(value: str) -> bytes:
    raw = value.encode() + b"\0"
    return struct.pack("<H", len(raw)) + raw
