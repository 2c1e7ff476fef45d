"""One tiny bundle a session, and copies of it that a test may break."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from models.bundle import Bundle, default_bundle_dir, load_bundle
from tests.models.hostile.tiny import make_bundle, write_folder


@pytest.fixture(scope="session")
def tiny_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint folder; not to be changed."""
    return write_folder(tmp_path_factory.mktemp("tiny") / "checkpoint")


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory, tiny_source: Path) -> Bundle:
    """Stride 320, receptive field 420 samples; not to be changed."""
    return make_bundle(tiny_source, tmp_path_factory.mktemp("tiny") / "bundle")


@pytest.fixture
def bundle_dir(tmp_path: Path, tiny_bundle: Bundle) -> Path:
    """A copy to break."""
    return shutil.copytree(tiny_bundle.path, tmp_path / "bundle")


@pytest.fixture(scope="session")
def shipped() -> Bundle:
    return load_bundle(default_bundle_dir())
