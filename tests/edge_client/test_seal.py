"""What is sealed opens with its key and at its place, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_client.seal import KEY_BYTES, AesGcm, read_key
from protos.errors import ConfigurationError

BODY, PLACE = b"somebody said something", b"00000001-000000000001.segment"


def test_it_opens_with_the_same_key_at_the_same_place_only() -> None:
    seal, other = AesGcm(bytes(KEY_BYTES)), AesGcm(b"\1" * KEY_BYTES)
    sealed = seal.close(BODY, PLACE)
    assert BODY not in sealed
    assert seal.close(BODY, PLACE) != sealed
    assert seal.open(sealed, PLACE) == BODY
    assert seal.open(sealed, b"elsewhere") is None
    assert other.open(sealed, PLACE) is None
    assert seal.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), PLACE) is None
    assert seal.open(b"", PLACE) is None


def test_a_key_file_is_read_when_it_is_private_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"k" * KEY_BYTES)
    path.chmod(0o600)
    assert read_key(path) == b"k" * KEY_BYTES


@pytest.mark.parametrize(("size", "mode", "complaint"), [(31, 0o600, "31 bytes"), (32, 0o640, "mode 640"), (None, 0, "cannot be read")])
def test_any_other_key_file_is_refused_in_a_sentence(tmp_path: Path, size: int | None, mode: int, complaint: str) -> None:
    path = tmp_path / "key"
    if size is not None:
        path.write_bytes(bytes(size))
        path.chmod(mode)
    with pytest.raises(ConfigurationError, match=complaint):
        read_key(path)


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="16 bytes"):
        AesGcm(bytes(16))
