"""A bundle is whole before it takes its place, or nothing changes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.bundle import Bundle, load_bundle
from models.export.checkpoint import read_checkpoint
from models.export.to_bundle import Identity, export_bundle, refresh_manifest, speech_sha256, weights_sha256
from models.recognizer import Recognizer
from protos.errors import BundleError
from tests.models.tiny import SHAPE, write_source


def export(source: Path, out: Path, beside: Path, model_id: str = "made-1", licences: list[str] | None = None, int8: bool = True) -> Bundle:
    noise = np.random.default_rng(1).standard_normal((2, 8000)).astype(np.float32)
    files = [beside / name for name in (["MIT.txt"] if licences is None else licences)]
    return export_bundle(source, out, Identity(model_id, "2", "en-GB"), beside / "card.md", files, speech=list(noise) if int8 else ())


def test_a_bundle_says_what_it_is(tiny_source: Path, tmp_path: Path) -> None:
    bundle = export(tiny_source, tmp_path / "new" / "made", tiny_source.parent)
    manifest = bundle.manifest
    assert (manifest.model_id, manifest.version, manifest.language, manifest.quantization) == ("made-1", "2", "en-GB", "int8-static")
    assert manifest.clock == SHAPE.clock
    assert manifest.max_samples == 480_000
    assert {name: entry.role for name, entry in manifest.files.items()} == {
        "LICENSES/MIT.txt": "licence",
        "checkpoint.safetensors": "checkpoint",
        "config.json": "config",
        "heads.json": "heads",
        "model.onnx": "model",
        "model_card.md": "card",
    }
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["made"]


def test_a_float_bundle_says_so(tiny_source: Path, tmp_path: Path) -> None:
    assert export(tiny_source, tmp_path / "made", tiny_source.parent, int8=False).manifest.quantization == "float32"


def test_exporting_twice_gives_the_same_bytes(tiny_source: Path, tmp_path: Path) -> None:
    first, second = (export(tiny_source, tmp_path / name, tiny_source.parent) for name in ("a", "b"))
    assert first.sha256 == second.sha256


def test_a_bundle_is_itself_a_checkpoint_to_export_from(tiny_bundle: Bundle, tiny_source: Path, tmp_path: Path) -> None:
    again = export(tiny_bundle.path, tmp_path / "again", tiny_source.parent)
    assert (again.path / "checkpoint.safetensors").read_bytes() == (tiny_bundle.path / "checkpoint.safetensors").read_bytes()
    assert Recognizer(again).recognize(bytes(100), 0).alternatives == ()


def test_a_bundle_in_its_place_is_replaced_whole(tiny_source: Path, bundle_dir: Path) -> None:
    (bundle_dir / "left-over.txt").touch()
    assert export(tiny_source, bundle_dir, tiny_source.parent).manifest.model_id == "made-1"
    assert not (bundle_dir / "left-over.txt").exists()


@pytest.mark.parametrize(("licences", "why"), [([], "no licence is listed"), (["absent.txt"], r"absent\.txt: No such file")], ids=["none", "missing"])
def test_without_a_licence_nothing_is_made(tiny_source: Path, tmp_path: Path, licences: list[str], why: str) -> None:
    with pytest.raises(BundleError, match=why):
        export(tiny_source, tmp_path / "made", tiny_source.parent, licences=licences)
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_is_refused_leaves_the_old_bundle_as_it_was(bundle_dir: Path, tiny_source: Path, tmp_path: Path) -> None:
    source = write_source(tmp_path / "source")
    heads = json.loads((source / "heads.json").read_text())
    heads["heads"][0]["first"] = heads["heads"][0]["blank"] = 20
    (source / "heads.json").write_text(json.dumps(heads))
    before = (bundle_dir / "manifest.json").read_bytes()
    with pytest.raises(BundleError, match="gives 32 outputs a frame, its heads need 49"):
        export(source, bundle_dir, tiny_source.parent)
    assert (bundle_dir / "manifest.json").read_bytes() == before
    assert load_bundle(bundle_dir).model


def test_a_directory_that_is_no_bundle_is_not_replaced(tiny_source: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.txt").touch()
    with pytest.raises(BundleError, match="precious: exists and is not a bundle"):
        export(tiny_source, tmp_path / "precious", tiny_source.parent)
    assert (tmp_path / "precious" / "thesis.txt").exists()


def test_a_name_that_is_no_model_id_is_refused(tiny_source: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="model_id is '../x'"):
        export(tiny_source, tmp_path / "made", tiny_source.parent, model_id="../x")


def test_an_edited_card_needs_new_sums(bundle_dir: Path) -> None:
    before = load_bundle(bundle_dir)
    (bundle_dir / "model_card.md").write_text("# edited\n")
    with pytest.raises(BundleError, match=r"model_card\.md"):
        load_bundle(bundle_dir)
    after = refresh_manifest(bundle_dir)
    assert after.sha256 != before.sha256
    assert after.manifest.clock == before.manifest.clock


@pytest.mark.parametrize("raw", [None, "", "[]", "{}"])
def test_what_is_no_bundle_cannot_be_refreshed(bundle_dir: Path, raw: str | None) -> None:
    (bundle_dir / "manifest.json").unlink()
    if raw is not None:
        (bundle_dir / "manifest.json").write_text(raw)
    with pytest.raises(BundleError, match=r"manifest\.json"):
        refresh_manifest(bundle_dir)


def test_a_bundle_says_where_it_comes_from_and_keeps_its_recipe(tiny_source: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    recipe.write_text('name = "mine"\n')
    speech = list(np.random.default_rng(1).standard_normal((2, 8000)).astype(np.float32))
    card, licence = tiny_source.parent / "card.md", [tiny_source.parent / "MIT.txt"]
    made = export_bundle(tiny_source, tmp_path / "made", Identity("x"), card, licence, speech=speech, recipe=recipe, named="someone/tiny")
    lineage = made.manifest.lineage
    assert lineage is not None
    assert (lineage.source, lineage.calibration_clips) == ("someone/tiny", 2)
    assert lineage.calibration_sha256 == speech_sha256(speech) != speech_sha256(speech[::-1])
    assert lineage.command is None
    assert lineage.weights_sha256 == weights_sha256(read_checkpoint(tiny_source))
    assert lineage.tools.keys() == {"numpy", "onnx", "onnxruntime"}
    assert (made.path / "recipe.toml").read_text() == 'name = "mine"\n'
    assert made.manifest.files["recipe.toml"].role == "recipe"


def test_other_weights_have_another_sum(tiny_source: Path) -> None:
    checkpoint = read_checkpoint(tiny_source)
    name = next(iter(checkpoint.tensors))
    other = replace(checkpoint, tensors={**checkpoint.tensors, name: checkpoint.tensors[name] + 1})
    assert weights_sha256(other) != weights_sha256(checkpoint)
