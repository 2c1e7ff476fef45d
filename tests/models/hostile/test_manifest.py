from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.manifest import parse_heads, parse_manifest
from models.records import BundleFile, CtcHead, FrameClock
from protos.errors import BundleError

PATH = Path("bundle/x.json")
FILE = {"sha256": "0" * 64, "size": 3, "role": "model"}
GOOD: dict[str, Any] = {
    "format": 1,
    "model_id": "tiny",
    "version": "1",
    "language": "en",
    "quantization": "float32",
    "sample_rate_hz": 16000,
    "stride_samples": 384,
    "receptive_field_samples": 2752,
    "max_samples": 480000,
    "files": {"model.onnx": FILE, "LICENSES/MIT": FILE},
}
HEAD: dict[str, Any] = {"name": "characters", "first": 1, "size": 2, "blank": 2, "tokens": ["a", "<blank>"]}
ABSENT = object()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, *HEAD, *FILE, "heads", "x"]), inner, max_size=4),
    max_leaves=8,
)


def changed(good: dict[str, Any], key: str, value: object) -> bytes:
    return json.dumps({k: v for k, v in {**good, key: value}.items() if v is not ABSENT}).encode()


def test_a_good_manifest_is_read_whole() -> None:
    manifest = parse_manifest(PATH, json.dumps(GOOD).encode())
    assert (manifest.model_id, manifest.version, manifest.language, manifest.quantization) == ("tiny", "1", "en", "float32")
    assert manifest.clock == FrameClock(384, 2752)
    assert (manifest.sample_rate_hz, manifest.max_samples) == (16000, 480000)
    assert manifest.files == {"model.onnx": BundleFile("0" * 64, 3, "model"), "LICENSES/MIT": BundleFile("0" * 64, 3, "model")}


@pytest.mark.parametrize("key", sorted(GOOD))
@pytest.mark.parametrize("value", [ABSENT, None, [], 1.5, -1, True, "", 2**31, 10**400])
def test_a_field_that_breaks_its_rule_is_named(key: str, value: object) -> None:
    with pytest.raises(BundleError, match=key) as caught:
        parse_manifest(PATH, changed(GOOD, key, value))
    assert str(caught.value).startswith(str(PATH))


@pytest.mark.parametrize("value", ["en\n", "\ud800", "\x00", "e\u202en"])
@pytest.mark.parametrize("key", ["model_id", "version", "language", "quantization"])
def test_text_that_cannot_be_shown_or_sent_is_refused(key: str, value: str) -> None:
    with pytest.raises(BundleError, match=key):
        parse_manifest(PATH, changed(GOOD, key, value))


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../model.onnx",
        "a/../b",
        "a/./b",
        "/etc/passwd",
        "a//b",
        "a/",
        "a\\b",
        "a\0b",
        "a\n",
        ".hidden",
        "a/.b",
        "C:x",
        "ａ",
        "a" * 129,
        "a/" * 8 + "b",
    ],
)
def test_a_path_that_is_not_plain_is_refused(name: str) -> None:
    with pytest.raises(BundleError, match="plain path"):
        parse_manifest(PATH, changed(GOOD, "files", {name: FILE}))


@pytest.mark.parametrize(
    ("key", "value"), [("sha256", "0" * 63), ("sha256", "G" * 64), ("sha256", "A" * 64), ("size", -1), ("size", 2**40), ("size", "3"), ("role", "")]
)
def test_a_files_entry_that_breaks_its_rule_is_refused(key: str, value: object) -> None:
    with pytest.raises(BundleError, match=key):
        parse_manifest(PATH, changed(GOOD, "files", {"model.onnx": {**FILE, key: value}}))
    with pytest.raises(BundleError, match="must be an object"):
        parse_manifest(PATH, changed(GOOD, "files", {"model.onnx": value}))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff",
        b"\xff\xfe{\0}\0",
        json.dumps(GOOD).encode("utf-16"),
        b"[" * 100_000,
        b'{"format":' * 100_000,
        b'{"a": \xed\xa0\x80}',
    ],
    ids=lambda raw: repr(raw[:8]),
)
def test_bytes_that_are_no_json_object_are_refused(raw: bytes) -> None:
    for parse in (parse_manifest, parse_heads):
        with pytest.raises(BundleError, match=str(PATH)):
            parse(PATH, raw)


def test_a_key_that_is_there_twice_is_refused_at_any_depth() -> None:
    good = json.dumps(GOOD)
    for raw in (
        good.replace("{", '{"format": 1, ', 1),
        good.replace('"size": 3', '"size": 3, "size": 4', 1),
        good.replace('{"model.onnx"', '{"LICENSES/MIT": 1, "model.onnx"'),
    ):
        assert raw != good
        with pytest.raises(BundleError, match="twice"):
            parse_manifest(PATH, raw.encode())


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_the_bytes_the_answer_is_records_or_a_bundle_error(raw: bytes) -> None:
    for parse in (parse_manifest, parse_heads):
        try:
            parse(PATH, raw)
        except BundleError as error:
            assert str(error).startswith(str(PATH))


@given(st.sampled_from(sorted(GOOD)), JSON)
def test_whatever_a_fields_value_the_answer_is_a_manifest_or_a_bundle_error(key: str, value: object) -> None:
    try:
        parse_manifest(PATH, changed(GOOD, key, value))
    except BundleError as error:
        assert key in str(error) or key == "files"


def test_good_heads_are_read_in_order() -> None:
    raw = json.dumps({"heads": [HEAD, {**HEAD, "name": "phones"}], "unused": [3]}).encode()
    assert parse_heads(PATH, raw) == (CtcHead("characters", 1, 2, 2, ("a", "<blank>")), CtcHead("phones", 1, 2, 2, ("a", "<blank>")))


@pytest.mark.parametrize("heads", [ABSENT, None, [], {}, "x", [1], [None], [[]], [HEAD, HEAD]])
def test_no_heads_or_two_of_one_name_are_refused(heads: object) -> None:
    with pytest.raises(BundleError, match="head"):
        parse_heads(PATH, changed({}, "heads", heads))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", ""),
        ("first", -1),
        ("first", True),
        ("size", 3),
        ("size", 0),
        ("blank", 0),
        ("blank", 3),
        ("blank", 1.0),
        ("tokens", None),
        ("tokens", "ab"),
        ("tokens", ["a"]),
        ("tokens", ["a", ""]),
        ("tokens", ["a", 1]),
        ("tokens", ["a", "\ud800"]),
        ("tokens", ["a", "\n"]),
    ],
)
def test_a_head_that_breaks_a_rule_is_refused(key: str, value: object) -> None:
    with pytest.raises(BundleError, match=str(PATH)):
        parse_heads(PATH, changed({}, "heads", [{**HEAD, key: value}]))
