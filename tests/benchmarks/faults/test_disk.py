"""A small disk is full when it says so, and has room again when it is freed; where none can be mounted, its folder still serves."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.faults.disk import small_disk
from protos.errors import ConfigurationError


def test_a_small_disk_takes_nothing_once_it_is_full_and_something_once_it_is_free(tmp_path: Path) -> None:
    with small_disk(tmp_path / "spool", 2**20) as disk:
        if not disk.is_small:
            pytest.skip("tmpfs: only root may mount one")
        (disk.folder / "before").write_bytes(b"kept")
        disk.fill()
        with pytest.raises(OSError, match="No space left"):
            (disk.folder / "after").write_bytes(bytes(10_000))
        assert (disk.folder / "before").read_bytes() == b"kept"
        disk.free()
        (disk.folder / "after").write_bytes(bytes(10_000))
        disk.free()
    assert list((tmp_path / "spool").iterdir()) == [], "nothing stays mounted"


def test_a_folder_with_somebodys_speech_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "00000001-000000000001.segment").write_bytes(b"speech")
    with pytest.raises(ConfigurationError, match="is not empty"), small_disk(tmp_path):
        pass
