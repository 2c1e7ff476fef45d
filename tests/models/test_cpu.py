"""Which processors sum INT8 products exactly, by what they say of themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import recognizer
from models.bundle import Bundle
from models.cpu import has_exact_int8
from models.recognizer import Recognizer


@pytest.mark.parametrize(
    ("machine", "flags", "exact"),
    [
        ("x86_64", "fpu avx2 avx512f avx512_vnni", True),
        ("x86_64", "fpu avx2 avx_vnni", True),
        ("x86_64", "fpu avx2 avx512f avx512_vbmi2", False),
        ("AMD64", "", False),
        ("aarch64", "fp asimd", True),
        ("arm64", "", True),
    ],
)
def test_flags(tmp_path: Path, machine: str, flags: str, exact: bool) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    assert has_exact_int8(machine, tmp_path / "cpuinfo") is exact


def test_what_is_not_known_is_not_trusted(tmp_path: Path) -> None:
    assert not has_exact_int8("x86_64", tmp_path / "absent")


def test_without_them_the_recogniser_says_so_and_hears_the_same(tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    pcm = bytes(range(256)) * 40
    exact = Recognizer(tiny_bundle)
    monkeypatch.setattr(recognizer, "has_exact_int8", lambda: False)
    widened = Recognizer(tiny_bundle)
    assert widened.arithmetic == "int8-static-without-vnni"
    assert widened.recognize(pcm, 0).alternatives == exact.recognize(pcm, 0).alternatives
