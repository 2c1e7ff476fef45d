"""A bundle that is not exactly what its manifest says is refused, and the file is named, before onnxruntime sees a byte."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest

from models.bundle import ARTIFACTS, Bundle, default_bundle_dir, load_bundle
from protos.errors import BundleError

MAX_PACKAGE_BYTES = 40_000_000
MAX_BUNDLE_BYTES = 60_000_000


def relist(bundle: Path, *names: str, role: str | None = None, remove: tuple[str, ...] = ()) -> None:
    """Make the manifest agree with the files again: an attacker can, too."""
    manifest = json.loads((bundle / "manifest.json").read_text())
    for name in names:
        raw = (bundle / name).read_bytes()
        old = manifest["files"].get(name, {"role": "other"})
        manifest["files"][name] = {"sha256": hashlib.sha256(raw).hexdigest(), "size": len(raw), "role": role or old["role"]}
    for name in remove:
        del manifest["files"][name]
    (bundle / "manifest.json").write_text(json.dumps(manifest))


def flip_a_bit(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def make_a_link(path: Path) -> None:
    target = path.with_name("moved")
    path.rename(target)
    path.symlink_to(target.name)


def make_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def make_a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


FILES = ["model.onnx", "heads.json", "model_card.md", "config.json", "checkpoint.safetensors", "LICENSES/MIT.txt"]


def test_a_good_bundle_is_what_was_written(tiny_bundle: Bundle) -> None:
    bundle = load_bundle(tiny_bundle.path)
    assert bundle.model == (tiny_bundle.path / "model.onnx").read_bytes()
    assert bundle.sha256 == hashlib.sha256((tiny_bundle.path / "manifest.json").read_bytes()).hexdigest()
    assert sorted(bundle.manifest.files) == sorted(FILES)
    assert bundle.head("characters").tokens[:3] == ("<blank>", "|", "'")
    with pytest.raises(BundleError, match="no head 'phones', only characters"):
        bundle.head("phones")


@pytest.mark.parametrize("harm", [flip_a_bit, truncate, Path.unlink, make_a_link, make_a_pipe, make_a_directory], ids=lambda harm: harm.__name__)
@pytest.mark.parametrize("name", FILES)
def test_a_harmed_file_is_refused_by_name(bundle_dir: Path, name: str, harm: Callable[[Path], None]) -> None:
    harm(bundle_dir / name)
    if (name, harm) == ("checkpoint.safetensors", Path.unlink):
        assert load_bundle(bundle_dir).model  # an installed package goes without the float weights
        return
    with pytest.raises(BundleError, match=name):
        load_bundle(bundle_dir)


@pytest.mark.parametrize("harm", [truncate, Path.unlink, make_a_link, make_a_pipe], ids=lambda harm: harm.__name__)
def test_a_harmed_manifest_is_refused_by_name(bundle_dir: Path, harm: Callable[[Path], None]) -> None:
    raw = (bundle_dir / "manifest.json").read_text().rstrip()
    (bundle_dir / "manifest.json").write_text(raw)
    harm(bundle_dir / "manifest.json")
    with pytest.raises(BundleError, match=r"manifest\.json"):
        load_bundle(bundle_dir)


def test_a_manifest_too_large_to_be_one_is_not_read(bundle_dir: Path) -> None:
    (bundle_dir / "manifest.json").write_bytes(b" " * 2_000_000)
    with pytest.raises(BundleError, match="2000000 bytes, at most"):
        load_bundle(bundle_dir)


def test_a_linked_directory_on_the_way_is_refused(bundle_dir: Path) -> None:
    (bundle_dir / "LICENSES").rename(bundle_dir.parent / "elsewhere")
    (bundle_dir / "LICENSES").symlink_to(bundle_dir.parent / "elsewhere")
    with pytest.raises(BundleError, match=r"LICENSES/MIT\.txt: .*symbolic link"):
        load_bundle(bundle_dir)


def test_a_hard_link_is_allowed_because_installers_make_them(bundle_dir: Path) -> None:
    (bundle_dir.parent / "second-name").hardlink_to(bundle_dir / "model.onnx")
    assert load_bundle(bundle_dir).model


def test_a_confidence_that_is_not_understood_is_refused_though_the_manifest_agrees(bundle_dir: Path) -> None:
    raw = b'{"format": 0}'
    (bundle_dir / "confidence.json").write_bytes(raw)
    manifest = json.loads((bundle_dir / "manifest.json").read_text())
    manifest["files"]["confidence.json"] = {"sha256": hashlib.sha256(raw).hexdigest(), "size": len(raw), "role": "confidence"}
    (bundle_dir / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=r"confidence\.json: is no fitted confidence \(format is 0"):
        load_bundle(bundle_dir)


def test_a_graph_that_nobody_listed_is_refused(bundle_dir: Path) -> None:
    (bundle_dir / "sub").mkdir()
    (bundle_dir / "sub" / "other.onnx").write_bytes(b"")
    with pytest.raises(BundleError, match=r"sub/other\.onnx: is not listed"):
        load_bundle(bundle_dir)


@pytest.mark.parametrize("name", ["model.onnx", "heads.json", "model_card.md"])
def test_a_bundle_without_a_part_it_needs_is_refused_though_the_manifest_agrees(bundle_dir: Path, name: str) -> None:
    (bundle_dir / name).unlink()
    relist(bundle_dir, remove=(name,))
    with pytest.raises(BundleError, match=name):
        load_bundle(bundle_dir)


def test_a_needed_part_cannot_be_made_optional_by_its_role(bundle_dir: Path) -> None:
    relist(bundle_dir, "model.onnx", role="checkpoint")
    with pytest.raises(BundleError, match=r"model\.onnx"):
        load_bundle(bundle_dir)


def test_a_bundle_without_licences_is_refused(bundle_dir: Path) -> None:
    shutil.rmtree(bundle_dir / "LICENSES")
    relist(bundle_dir, remove=("LICENSES/MIT.txt",))
    with pytest.raises(BundleError, match="no licence is listed"):
        load_bundle(bundle_dir)


def test_an_empty_licence_is_none(bundle_dir: Path) -> None:
    (bundle_dir / "LICENSES" / "MIT.txt").write_bytes(b"")
    relist(bundle_dir, "LICENSES/MIT.txt")
    with pytest.raises(BundleError, match="no licence is listed"):
        load_bundle(bundle_dir)


def test_a_graph_with_external_data_is_refused_though_the_sums_agree(bundle_dir: Path) -> None:
    model = onnx.load(bundle_dir / "model.onnx")
    onnx.external_data_helper.convert_model_to_external_data(model, location="weights.bin", size_threshold=64)
    onnx.save(model, bundle_dir / "model.onnx")
    relist(bundle_dir, "model.onnx", "weights.bin")
    with pytest.raises(BundleError, match=r"model\.onnx: keeps tensors in other files"):
        load_bundle(bundle_dir)


def test_what_is_no_graph_is_refused_though_the_sums_agree(bundle_dir: Path) -> None:
    (bundle_dir / "model.onnx").write_bytes(b"not a model")
    relist(bundle_dir, "model.onnx")
    with pytest.raises(BundleError, match=r"model\.onnx: is not an ONNX model"):
        load_bundle(bundle_dir)


@pytest.mark.parametrize("exists", [False, True])
def test_a_bundle_that_is_no_directory_is_refused(tmp_path: Path, exists: bool) -> None:
    if exists:
        (tmp_path / "bundle").touch()
    with pytest.raises(BundleError, match="bundle: "):
        load_bundle(tmp_path / "bundle")


@pytest.mark.parametrize("name", ["", "..", "/etc", "a/b", "."])
def test_the_default_must_be_a_directory_beside_its_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "DEFAULT").write_text(name)
    with pytest.raises(BundleError, match="DEFAULT: names"):
        default_bundle_dir(tmp_path)


def test_without_a_default_a_bundle_must_be_given(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="--bundle"):
        default_bundle_dir(tmp_path)


def test_the_shipped_bundle_is_whole_licensed_and_small_enough_to_package() -> None:
    bundle = load_bundle(default_bundle_dir())
    assert bundle.path.parent == ARTIFACTS
    assert bundle.path.name == bundle.manifest.model_id
    assert {head.name for head in bundle.heads} == {"phones", "characters"}
    sizes = {name: entry.size for name, entry in bundle.manifest.files.items()}
    assert sum(sizes.values()) <= MAX_BUNDLE_BYTES
    assert sum(size for name, size in sizes.items() if bundle.manifest.files[name].role != "checkpoint") <= MAX_PACKAGE_BYTES


def test_the_shipped_card_names_the_teacher_the_data_and_the_limits() -> None:
    card = (default_bundle_dir() / "model_card.md").read_text()
    for word in ("Moonshine", "MIT", "Common Voice", "CC0", "speechocean762", "Kathleen", "LJSpeech", "child", "harken-models evaluate"):
        assert word in card, word


def test_a_file_of_another_size_is_refused_by_its_size(bundle_dir: Path) -> None:
    with (bundle_dir / "model.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(BundleError, match=r"model\.onnx: has \d+ bytes, the manifest says \d+$"):
        load_bundle(bundle_dir)


def test_float_weights_may_be_absent_but_not_a_dangling_link(bundle_dir: Path) -> None:
    (bundle_dir / "checkpoint.safetensors").unlink()
    (bundle_dir / "checkpoint.safetensors").symlink_to("nowhere")
    with pytest.raises(BundleError, match=r"checkpoint\.safetensors: .*symbolic link"):
        load_bundle(bundle_dir)


@pytest.mark.parametrize("name", ["model.onnx.data", "model.onnx_data"])
def test_data_beside_the_graph_that_nobody_listed_is_refused(bundle_dir: Path, name: str) -> None:
    (bundle_dir / name).touch()
    with pytest.raises(BundleError, match="is not listed"):
        load_bundle(bundle_dir)


def test_a_licence_cannot_be_made_optional_by_its_role(bundle_dir: Path) -> None:
    relist(bundle_dir, "LICENSES/MIT.txt", role="checkpoint")
    with pytest.raises(BundleError, match="no licence is listed"):
        load_bundle(bundle_dir)


def test_neither_loading_nor_refusing_leaves_a_file_open(bundle_dir: Path) -> None:
    before = sorted(path.name for path in Path("/proc/self/fd").iterdir())
    for _ in range(5):
        load_bundle(bundle_dir)
    (bundle_dir / "heads.json").unlink()
    for _ in range(5):
        with pytest.raises(BundleError, match="heads"):
            load_bundle(bundle_dir)
    assert sorted(path.name for path in Path("/proc/self/fd").iterdir()) == before


def test_the_shipped_bundle_is_packaged_all_but_its_float_weights(root: Path) -> None:
    bundle = load_bundle(default_bundle_dir())
    patterns = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["models"]
    packaged = {path for pattern in patterns for path in (root / "models").glob(pattern)}
    needed = {bundle.path / name for name, entry in bundle.manifest.files.items() if entry.role != "checkpoint"}
    assert needed | {bundle.path / "manifest.json", ARTIFACTS / "DEFAULT"} <= packaged
    assert [path for path in packaged if path.suffix == ".safetensors"] == []
