"""What a manifest and a list of heads may say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.manifest import parse_heads, parse_manifest
from models.records import BundleFile, CtcHead, FrameClock, Gate, GateCheck, LanguageModel
from protos.errors import BundleError

PATH = Path("some/manifest.json")
ENTRY = {"sha256": "a" * 64, "size": 5, "role": "model"}
GOOD: dict[str, Any] = {
    "format": 1,
    "model_id": "kitchen-en-1",
    "version": "1.2",
    "language": "en-GB",
    "quantization": "int8",
    "sample_rate_hz": 16000,
    "stride_samples": 384,
    "receptive_field_samples": 2752,
    "max_samples": 480000,
    "files": {"model.onnx": ENTRY, "LICENSES/MIT.txt": {**ENTRY, "size": 0}},
}
HEAD: dict[str, Any] = {"name": "characters", "first": 40, "size": 3, "blank": 40, "tokens": ["<blank>", "|", "a"]}


def test_a_good_manifest_is_read_whole() -> None:
    manifest = parse_manifest(PATH, json.dumps(GOOD).encode())
    assert (manifest.model_id, manifest.version, manifest.language, manifest.quantization) == ("kitchen-en-1", "1.2", "en-GB", "int8")
    assert manifest.clock == FrameClock(384, 2752)
    assert manifest.max_samples == 480000
    assert manifest.files["model.onnx"] == BundleFile("a" * 64, 5, "model")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", 2),
        ("format", None),
        ("sample_rate_hz", 8000),
        ("model_id", "../etc"),
        ("model_id", "Upper"),
        ("model_id", ""),
        ("model_id", "a" * 65),
        ("version", "1\n2"),
        ("language", ""),
        ("quantization", 8),
        ("stride_samples", 0),
        ("stride_samples", 384.0),
        ("receptive_field_samples", True),
        ("max_samples", "480000"),
        ("files", []),
        ("files", {"model.onnx": "sum"}),
        ("files", {"model.onnx": {**ENTRY, "sha256": "A" * 64}}),
        ("files", {"model.onnx": {**ENTRY, "size": -1}}),
        ("files", {"model.onnx": {"sha256": "a" * 64, "size": 5}}),
    ],
)
def test_a_field_that_breaks_its_rule_is_named(key: str, value: object) -> None:
    named = r"model\.onnx" if isinstance(value, dict) else key
    with pytest.raises(BundleError, match=rf"^some/manifest\.json: {named}"):
        parse_manifest(PATH, json.dumps({**GOOD, key: value}).encode())


@pytest.mark.parametrize("key", sorted(GOOD))
def test_no_field_may_be_missing(key: str) -> None:
    with pytest.raises(BundleError, match=key):
        parse_manifest(PATH, json.dumps({name: value for name, value in GOOD.items() if name != key}).encode())


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../b",
        "/etc/passwd",
        "",
        ".",
        "..",
        "a//b",
        "a/",
        "./a",
        "a\\b",
        "a\0b",
        "..%2f",
        "a\u2024\u2024/b",
        " a",
        "a\n",
        ".hidden",
        "a" * 200,
    ],
)
def test_a_path_that_could_leave_the_bundle_is_refused_before_it_is_opened(name: str) -> None:
    with pytest.raises(BundleError, match="not a plain path"):
        parse_manifest(PATH, json.dumps({**GOOD, "files": {name: ENTRY}}).encode())


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b"null", b"\xff\xfe", b"[" * 100_000, b"3"])
def test_what_is_not_an_object_is_refused(raw: bytes) -> None:
    for parse in (parse_manifest, parse_heads):
        with pytest.raises(BundleError, match=r"^some/manifest\.json: "):
            parse(PATH, raw)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2**40) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from([*GOOD, *HEAD, "heads"]), json_values)
def test_whatever_a_field_holds_the_answer_is_records_or_a_bundle_error(key: str, value: object) -> None:
    for parse, document in ((parse_manifest, {**GOOD, key: value}), (parse_heads, {"heads": [{**HEAD, key: value}, value]})):
        try:
            parse(PATH, json.dumps(document).encode())
        except BundleError as error:
            assert str(error).startswith("some/manifest.json: ")


def test_heads_are_read_in_order() -> None:
    phones = {**HEAD, "name": "phones", "first": 0, "blank": 2}
    assert parse_heads(PATH, json.dumps({"heads": [phones, HEAD], "unused": [69]}).encode()) == (
        CtcHead("phones", 0, 3, 2, ("<blank>", "|", "a")),
        CtcHead("characters", 40, 3, 40, ("<blank>", "|", "a")),
    )


@pytest.mark.parametrize(
    "heads",
    [
        [],
        {},
        ["characters"],
        [{**HEAD, "name": ""}],
        [{**HEAD, "tokens": ["a"]}],
        [{**HEAD, "tokens": ["a", "b", 3]}],
        [{**HEAD, "tokens": ["a", "b", ""]}],
        [{**HEAD, "blank": 39}],
        [{**HEAD, "blank": 43}],
        [{**HEAD, "first": -1}],
        [HEAD, HEAD],
    ],
)
def test_heads_that_do_not_fit_are_refused(heads: object) -> None:
    with pytest.raises(BundleError, match=r"^some/manifest\.json: "):
        parse_heads(PATH, json.dumps({"heads": heads}).encode())


CHECK = {"name": "WER", "passed": True, "detail": "+0.10%"}
GATE = {"passed": True, "against": "0" * 64, "checks": [CHECK]}


def test_a_verdict_is_read_and_may_be_absent() -> None:
    assert parse_manifest(PATH, json.dumps(GOOD).encode()).gate is None
    assert parse_manifest(PATH, json.dumps({**GOOD, "gate": GATE}).encode()).gate == Gate(True, "0" * 64, (GateCheck("WER", True, "+0.10%"),))


@pytest.mark.parametrize(
    "gate",
    [
        None,
        [],
        {},
        {**GATE, "passed": 1},
        {**GATE, "against": "v1"},
        {**GATE, "checks": []},
        {**GATE, "checks": ["WER"]},
        {**GATE, "checks": [{**CHECK, "passed": None}]},
        {**GATE, "checks": [CHECK, {**CHECK, "passed": False}]},
        {**GATE, "passed": False},
    ],
)
def test_a_verdict_that_contradicts_itself_or_lacks_something_is_refused(gate: object) -> None:
    with pytest.raises(BundleError, match=r"^some/manifest\.json: gate"):
        parse_manifest(PATH, json.dumps({**GOOD, "gate": gate}).encode())


LM_ENTRY = {"sha256": "b" * 64, "size": 7, "role": "language_model"}
WITH_LM = {**GOOD, "files": {**GOOD["files"], "lm.arpa.gz": LM_ENTRY}}


def test_a_language_model_is_read_and_may_be_absent() -> None:
    assert parse_manifest(PATH, json.dumps(GOOD).encode()).language_model is None
    entry = {"file": "lm.arpa.gz", "order": 4, "words": 60000}
    assert parse_manifest(PATH, json.dumps({**WITH_LM, "language_model": entry}).encode()).language_model == LanguageModel("lm.arpa.gz", 4, 60000)


@pytest.mark.parametrize(
    "entry",
    [
        None,
        {},
        {"file": "model.onnx", "order": 4, "words": 5},
        {"file": "other.gz", "order": 4, "words": 5},
        {"file": "lm.arpa.gz", "order": 0, "words": 5},
        {"file": "lm.arpa.gz", "order": 4},
    ],
)
def test_a_language_model_that_files_do_not_list_or_that_lacks_something_is_refused(entry: object) -> None:
    with pytest.raises(BundleError, match=r"^some/manifest\.json: language_model"):
        parse_manifest(PATH, json.dumps({**WITH_LM, "language_model": entry}).encode())


LINEAGE = {"source": "someone/tiny", "weights_sha256": "a" * 64, "calibration_clips": 64, "tools": {"onnx": "1.21"}}


def test_a_lineage_is_read_and_may_be_absent() -> None:
    lineage = parse_manifest(PATH, json.dumps({**GOOD, "lineage": LINEAGE}).encode()).lineage
    assert lineage is not None
    assert (lineage.source, lineage.weights_sha256, lineage.calibration_clips, lineage.tools) == ("someone/tiny", "a" * 64, 64, {"onnx": "1.21"})
    assert (lineage.calibration_sha256, lineage.command) == (None, None), "bundles of before do not say"
    more = {**LINEAGE, "calibration_sha256": "b" * 64, "command": "harken-models pull someone/tiny"}
    lineage = parse_manifest(PATH, json.dumps({**GOOD, "lineage": more}).encode()).lineage
    assert lineage is not None
    assert (lineage.calibration_sha256, lineage.command) == ("b" * 64, "harken-models pull someone/tiny")
    assert parse_manifest(PATH, json.dumps(GOOD).encode()).lineage is None


@pytest.mark.parametrize(
    "entry",
    [
        [],
        {**LINEAGE, "source": ""},
        {**LINEAGE, "weights_sha256": "a"},
        {**LINEAGE, "calibration_clips": -1},
        {**LINEAGE, "tools": {"onnx": 1}},
        {**LINEAGE, "calibration_sha256": "b"},
        {**LINEAGE, "command": 3},
    ],
)
def test_a_lineage_that_breaks_a_rule_is_refused(entry: object) -> None:
    with pytest.raises(BundleError, match="lineage"):
        parse_manifest(PATH, json.dumps({**GOOD, "lineage": entry}).encode())
