"""Bundles for the tests of models: a tiny random one, made once, and the one that is shipped."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from models.bundle import Bundle, default_bundle_dir, load_bundle
from models.export.to_bundle import Identity, export_bundle
from models.recognizer import Recognizer
from models.records import FrameClock
from tests.models.tiny import write_source


@pytest.fixture(scope="session")
def tiny_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint folder with a card and a licence beside it; not to be changed."""
    folder = write_source(tmp_path_factory.mktemp("tiny") / "checkpoint")
    (folder.parent / "card.md").write_text("# tiny\n")
    (folder.parent / "MIT.txt").write_text("Do as you like.\n")
    return folder


@pytest.fixture(scope="session")
def tiny_bundle(tiny_source: Path) -> Bundle:
    """Exported and quantised by the real exporter; not to be changed."""
    beside = tiny_source.parent
    noise = np.random.default_rng(1).standard_normal((2, 8000)).astype(np.float32)
    return export_bundle(tiny_source, beside / "bundle", Identity("tiny-1"), beside / "card.md", [beside / "MIT.txt"], speech=list(noise))


@pytest.fixture
def bundle_dir(tiny_bundle: Bundle, tmp_path: Path) -> Path:
    """A copy to break."""
    return Path(shutil.copytree(tiny_bundle.path, tmp_path / "bundle"))


@pytest.fixture(scope="session")
def shipped() -> Recognizer:
    return Recognizer(load_bundle(default_bundle_dir()))


@pytest.fixture(scope="session")
def shipped_clock(shipped: Recognizer) -> FrameClock:
    """Another version of the model may have other frames."""
    return shipped.bundle.manifest.clock
