from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import onnx
import onnxruntime as ort
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.bundle import Bundle, default_bundle_dir, load_bundle
from models.recognizer import Recognizer
from protos.errors import BundleError

LISTED = ["model.onnx", "heads.json", "model_card.md", "config.json", "checkpoint.safetensors", "LICENSES/LICENSE"]


def relist(bundle: Path, *names: str, **facts: object) -> None:
    """Someone who may write the manifest: new sums for `names`, and `facts` for every file."""
    manifest = json.loads((bundle / "manifest.json").read_text())
    for name in names:
        data = (bundle / name).read_bytes()
        manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "role": "model", **facts}
    (bundle / "manifest.json").write_text(json.dumps(manifest))


def refused(bundle: Path, name: str, why: str = ".") -> None:
    with pytest.raises(BundleError, match=why) as caught:
        load_bundle(bundle)
    assert str(caught.value).startswith(str(bundle / name)), caught.value


def test_the_shipped_bundle_is_what_its_manifest_says_and_keeps_its_notices(shipped: Bundle) -> None:
    assert shipped.manifest.model_id == shipped.path.name == (shipped.path.parent / "DEFAULT").read_text().strip()
    assert shipped.sha256 == hashlib.sha256((shipped.path / "manifest.json").read_bytes()).hexdigest()
    notices = [shipped.path / name for name, entry in shipped.manifest.files.items() if entry.role == "licence"]
    card = (shipped.path / "model_card.md").read_text()
    assert notices
    for notice in notices:
        assert "MIT License" in notice.read_text()
        assert f"LICENSES/{notice.name}" in card
    assert [head.name for head in shipped.heads] == ["phones", "characters"]
    assert shipped.head("phones").size == 40


def test_the_shipped_bundle_fits_its_budget(shipped: Bundle) -> None:
    sizes = {name: entry.size for name, entry in shipped.manifest.files.items()}
    assert sum(sizes.values()) < 60e6
    assert sum(size for name, size in sizes.items() if shipped.manifest.files[name].role != "checkpoint") <= 40e6


def test_a_bundle_holds_the_bytes_that_were_hashed(bundle_dir: Path) -> None:
    expected = (bundle_dir / "model.onnx").read_bytes()
    bundle = load_bundle(bundle_dir)
    (bundle_dir / "model.onnx").write_bytes(b"replaced after verification")
    assert bundle.model == expected
    assert Recognizer(bundle).recognize(bytes(2000), 0).alternatives == ()


def test_an_unknown_head_is_named(tiny_bundle: Bundle) -> None:
    with pytest.raises(BundleError, match="no head 'words', only phones, characters"):
        tiny_bundle.head("words")


@pytest.mark.parametrize("name", LISTED)
def test_a_truncated_file_is_refused(bundle_dir: Path, name: str) -> None:
    os.truncate(bundle_dir / name, (bundle_dir / name).stat().st_size - 1)
    refused(bundle_dir, name, "bytes, the manifest says")


@pytest.mark.parametrize("name", LISTED)
def test_a_longer_file_is_refused(bundle_dir: Path, name: str) -> None:
    with (bundle_dir / name).open("ab") as file:
        file.write(b"\0")
    refused(bundle_dir, name, "bytes, the manifest says")


@pytest.mark.parametrize("name", [name for name in LISTED if "checkpoint" not in name])
def test_a_missing_file_is_refused(bundle_dir: Path, name: str) -> None:
    (bundle_dir / name).unlink()
    refused(bundle_dir, name, "No such file")


def test_the_float_weights_may_be_left_out(bundle_dir: Path) -> None:
    (bundle_dir / "checkpoint.safetensors").unlink()
    assert load_bundle(bundle_dir).model


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(LISTED), st.floats(0, 1, exclude_max=True), st.integers(0, 7))
def test_one_flipped_bit_anywhere_is_refused(bundle_dir: Path, name: str, where: float, bit: int) -> None:
    path = bundle_dir / name
    data = path.read_bytes()
    index = int(where * len(data))
    path.write_bytes(data[:index] + bytes([data[index] ^ 1 << bit]) + data[index + 1 :])
    try:
        refused(bundle_dir, name, "sha256 is")
    finally:
        path.write_bytes(data)


@pytest.mark.parametrize("name", [*LISTED, "manifest.json"])
def test_a_symbolic_link_is_refused_though_its_target_is_right(bundle_dir: Path, tmp_path: Path, name: str) -> None:
    (bundle_dir / name).rename(tmp_path / "target")
    (bundle_dir / name).symlink_to(tmp_path / "target")
    refused(bundle_dir, name, "symbolic link")


def test_a_link_to_nothing_is_not_an_absent_checkpoint(bundle_dir: Path) -> None:
    (bundle_dir / "checkpoint.safetensors").unlink()
    (bundle_dir / "checkpoint.safetensors").symlink_to("nowhere")
    refused(bundle_dir, "checkpoint.safetensors")


def test_a_linked_directory_on_the_way_is_refused(bundle_dir: Path, tmp_path: Path) -> None:
    (bundle_dir / "LICENSES").rename(tmp_path / "elsewhere")
    (bundle_dir / "LICENSES").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(BundleError, match="LICENSES"):
        load_bundle(bundle_dir)


def test_a_hard_link_is_allowed_and_held_to_its_sum(bundle_dir: Path, tmp_path: Path) -> None:
    """Package installers make them; what is hashed is what is used."""
    os.link(bundle_dir / "model.onnx", tmp_path / "other-name")
    assert load_bundle(bundle_dir).model
    (tmp_path / "other-name").write_bytes(bytes((bundle_dir / "model.onnx").stat().st_size))
    refused(bundle_dir, "model.onnx", "sha256 is")


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("make", [make_pipe, Path.mkdir])
@pytest.mark.parametrize("name", ["model.onnx", "manifest.json"])
def test_what_is_no_regular_file_is_refused_without_waiting(bundle_dir: Path, name: str, make: Callable[[Path], None]) -> None:
    (bundle_dir / name).unlink()
    make(bundle_dir / name)
    refused(bundle_dir, name, "not a regular file")


@pytest.mark.parametrize("name", ["other.onnx", "weights.data", "LICENSES/OTHER", "deep/er/file", ".hidden"])
def test_a_file_that_the_manifest_does_not_list_is_refused(bundle_dir: Path, name: str) -> None:
    (bundle_dir / name).parent.mkdir(parents=True, exist_ok=True)
    (bundle_dir / name).write_text("x")
    refused(bundle_dir, name, "not listed")


@pytest.mark.parametrize("name", ["model.onnx", "heads.json", "model_card.md", "LICENSES/LICENSE"])
@pytest.mark.parametrize("how", ["unlisted", "optional"])
def test_a_bundle_without_what_it_needs_is_refused(bundle_dir: Path, name: str, how: str) -> None:
    manifest = json.loads((bundle_dir / "manifest.json").read_text())
    if how == "unlisted":
        del manifest["files"][name]
    else:
        manifest["files"][name]["role"] = "checkpoint"
    (bundle_dir / name).unlink()
    (bundle_dir / "manifest.json").write_text(json.dumps(manifest))
    refused(bundle_dir, name.removesuffix("/LICENSE"), "listed")


def test_an_empty_licence_is_no_licence(bundle_dir: Path) -> None:
    (bundle_dir / "LICENSES/LICENSE").write_text("")
    relist(bundle_dir, "LICENSES/LICENSE", role="licence")
    refused(bundle_dir, "LICENSES", "no licence")


def test_a_manifest_that_is_too_long_is_refused_unread(bundle_dir: Path) -> None:
    os.truncate(bundle_dir / "manifest.json", 2**40)
    refused(bundle_dir, "manifest.json", "at most")


def test_a_sparse_file_of_a_terabyte_is_not_read_into_memory(bundle_dir: Path) -> None:
    manifest = json.loads((bundle_dir / "manifest.json").read_text())
    manifest["files"]["checkpoint.safetensors"]["size"] = 2**40
    (bundle_dir / "manifest.json").write_text(json.dumps(manifest))
    os.truncate(bundle_dir / "checkpoint.safetensors", 2**40)
    refused(bundle_dir, "manifest.json", "size is")


def test_a_path_that_is_no_directory_is_refused(tmp_path: Path) -> None:
    refused(tmp_path / "absent", "", "No such file")
    (tmp_path / "file").write_text("x")
    refused(tmp_path / "file", "", "Not a directory")


def test_external_data_is_refused_even_with_right_sums(bundle_dir: Path) -> None:
    model = onnx.load(bundle_dir / "model.onnx")
    onnx.save(model, bundle_dir / "model.onnx", save_as_external_data=True, location="weights.data", size_threshold=0)
    relist(bundle_dir, "model.onnx", "weights.data")
    refused(bundle_dir, "model.onnx", "external data")


def test_bytes_that_are_no_model_are_refused_even_with_right_sums(bundle_dir: Path) -> None:
    for junk in (b"", b"\xff" * 100, b"not a model at all"):
        (bundle_dir / "model.onnx").write_bytes(junk)
        relist(bundle_dir, "model.onnx")
        with pytest.raises(BundleError, match="model.onnx"):
            Recognizer(load_bundle(bundle_dir))


def test_onnxruntimes_own_format_is_refused_though_it_hides_from_the_search_for_external_data(bundle_dir: Path, tmp_path: Path) -> None:
    options = ort.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "model.ort")
    options.add_session_config_entry("session.save_model_format", "ORT")
    options.log_severity_level = 4
    ort.InferenceSession(bundle_dir / "model.onnx", options, providers=["CPUExecutionProvider"])
    flat = (tmp_path / "model.ort").read_bytes()
    assert flat[4:8] == b"ORTM"
    bundle = load_bundle(bundle_dir)
    with pytest.raises(BundleError, match="refuses it"):
        Recognizer(Bundle(bundle.path, bundle.manifest, bundle.sha256, flat, bundle.heads))


@pytest.mark.parametrize("name", ["", ".", "..", "../other", "a/b", "/etc", "a\0b", "\xff"])
def test_the_default_must_be_one_directory_beside_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "DEFAULT").write_bytes(name.encode("latin-1"))
    with pytest.raises(BundleError, match="must be one directory"):
        default_bundle_dir(tmp_path)


def test_a_default_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="--bundle"):
        default_bundle_dir(tmp_path)


def test_a_bundle_may_stand_under_a_linked_name(bundle_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "current").symlink_to(bundle_dir, target_is_directory=True)
    assert load_bundle(tmp_path / "current").sha256 == load_bundle(bundle_dir).sha256
    shutil.rmtree(bundle_dir)
    refused(tmp_path / "current", "")
