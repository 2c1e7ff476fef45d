"""Where recordings are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.shared import shared_dir


def test_it_is_beside_the_checkout_or_where_the_environment_says(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HARKEN_SHARED", raising=False)
    assert shared_dir() == root.parent / "shared"
    monkeypatch.setenv("HARKEN_SHARED", str(tmp_path))
    assert shared_dir() == tmp_path
