"""tune-decoder hears with the decoder that serves and leaves its weights in the bundle."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from models.__main__ import app
from models.bundle import CONFIDENCE, WEIGHTS, Bundle, default_bundle_dir, load_bundle
from models.evaluate.decoder_commands import TEMPERATURES, tune_bundle
from protos.errors import ConfigurationError


def write_manifest(folder: Path, root: Path, times: int) -> Path:
    rows = [
        {"audio": str(path), "text": path.stem.replace("-", " "), "source": "cv", "speaker": path.stem}
        for path in sorted((root / "tests" / "recordings").glob("*.flac"))
    ]
    path = folder / "m.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows * times))
    return path


@pytest.fixture
def shipped_copy(tmp_path: Path) -> Path:
    """Hard links, which cost nothing; what is written anew replaces them."""
    return Path(shutil.copytree(default_bundle_dir(), tmp_path / "bundle", copy_function=os.link))


def test_the_weights_are_fitted_and_what_depended_on_the_old_ones_is_gone(shipped_copy: Path, root: Path, tmp_path: Path) -> None:
    before = (default_bundle_dir() / WEIGHTS).read_bytes()
    done = CliRunner().invoke(app, ["tune-decoder", str(shipped_copy), "--manifest", str(write_manifest(tmp_path, root, 5))])
    assert done.exit_code == 0, done.output
    made = load_bundle(shipped_copy)
    assert json.loads((shipped_copy / WEIGHTS).read_bytes())["recordings"] == 30
    assert str(made.weights) in done.output.replace("\n", " ")
    assert made.manifest.gate is None
    assert CONFIDENCE not in made.manifest.files
    assert made.weights is not None
    assert made.weights.temperature in TEMPERATURES
    assert (default_bundle_dir() / WEIGHTS).read_bytes() == before


def test_few_recordings_leave_the_bundle_as_it_is(shipped_copy: Path, root: Path, tmp_path: Path) -> None:
    before = load_bundle(shipped_copy).sha256
    with pytest.raises(ConfigurationError, match="6 recordings were heard"):
        tune_bundle(shipped_copy, write_manifest(tmp_path, root, 1))
    assert load_bundle(shipped_copy).sha256 == before


def test_without_a_language_model_there_is_nothing_to_tune(tiny_bundle: Bundle, root: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="has no language model to weigh"):
        tune_bundle(tiny_bundle.path, write_manifest(tmp_path, root, 1))
