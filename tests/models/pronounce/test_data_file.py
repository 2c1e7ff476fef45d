"""The data comes back as it was written; anything else is refused by the file's name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.pronounce.data_file import read_data, write_data
from models.pronounce.pronouncer import ENGLISH
from protos.errors import BundleError


def test_the_shipped_data_is_written_again_byte_for_byte_in_content(tmp_path: Path) -> None:
    data, _ = read_data(ENGLISH)
    write_data(tmp_path / "again.npz", data)
    again, _ = read_data(tmp_path / "again.npz")
    assert again.lexicon == data.lexicon
    assert again.graphones == data.graphones
    np.testing.assert_array_equal(again.ngrams.tokens, data.ngrams.tokens)
    assert ENGLISH.stat().st_size < 2_500_000


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"\x93NUMPY"])
def test_what_is_no_data_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.npz").write_bytes(content)
    with pytest.raises(BundleError, match=r"bad\.npz: is not pronunciation data"):
        read_data(tmp_path / "bad.npz")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"none\.npz: No such file"):
        read_data(tmp_path / "none.npz")


@given(st.sampled_from(["tokens", "children", "costs", "backoffs"]), st.integers(0, 2**31))
@settings(max_examples=12, deadline=None)
def test_columns_that_do_not_fit_together_are_refused(tmp_path_factory: pytest.TempPathFactory, column: str, seed: int) -> None:
    """One column is cut short."""
    path = tmp_path_factory.mktemp("cut") / "cut.npz"
    with np.load(ENGLISH) as file:
        arrays = dict(file)
    length = len(arrays[column])
    arrays[column] = arrays[column][: length - 1 - seed % (length - 2)]
    np.savez(path, **arrays)
    with pytest.raises(BundleError, match=r"cut\.npz"):
        read_data(path)
