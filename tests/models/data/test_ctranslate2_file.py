from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from models.data.ctranslate2_file import read_weights
from protos.errors import ConfigurationError
from tests.models.data.ctranslate2 import write_weights

ARRAYS = {
    "encoder/conv1/weight": np.arange(12, dtype=np.float16).reshape(2, 3, 2) / 8,
    "encoder/num_heads": np.array(8, np.int16),
    "decoder/scale": np.array([0.5, 2], np.float32),
    "decoder/weight": np.array([[-128, 127]], np.int8),
}


def test_arrays_are_read_as_they_were_stored(tmp_path: Path) -> None:
    found = read_weights(write_weights(tmp_path / "model.bin", ARRAYS))
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("kept", [0, 3, 20, 60, -5])
def test_a_file_that_is_cut_short_is_refused(tmp_path: Path, kept: int) -> None:
    path = write_weights(tmp_path / "model.bin", ARRAYS)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ConfigurationError, match=r"model\.bin: "):
        read_weights(path)


def test_another_version_is_refused_by_its_number(tmp_path: Path) -> None:
    path = write_weights(tmp_path / "model.bin", ARRAYS)
    path.write_bytes(struct.pack("<I", 5) + path.read_bytes()[4:])
    with pytest.raises(ConfigurationError, match="is of version 5, this reader understands 6"):
        read_weights(path)


def test_a_type_that_it_does_not_know_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="KeyError: 5"):
        read_weights(write_weights(tmp_path / "model.bin", {"half": np.zeros(2, np.float16)}, types={"half": 5}))
