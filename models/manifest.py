"""The two JSON files of a bundle -> records. Pure: takes bytes, opens nothing; whatever the bytes are, the answer is records or a BundleError."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from models.records import BundleFile, CtcHead, FrameClock, Gate, GateCheck, LanguageModel, Lineage, Manifest
from protos.errors import BundleError
from protos.messages import SAMPLE_RATE_HZ

FORMAT = 1
# For sizes it is protobuf's own limit, so no graph is longer; and a sparse file of terabytes is not read into memory.
MAX_COUNT = 2**31 - 1
# The rule for every name that reaches a file system or a metric's label.
ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
# No leading dot, so no '..'; no leading slash; no backslash, no NUL, no letters that look like others.
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,127}){0,7}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def parse_manifest(path: Path, raw: bytes) -> Manifest:
    """path: for messages only. Raises: BundleError: names the field and the rule it broke."""
    data = _object(path, raw)
    for key, expected in (("format", FORMAT), ("sample_rate_hz", SAMPLE_RATE_HZ)):
        if _count(path, data, key) != expected:
            raise BundleError(f"{path}: {key} is {data.get(key)!r}, this program reads {expected}")
    files = _files(path, data.get("files"))
    clock = FrameClock(_count(path, data, "stride_samples"), _count(path, data, "receptive_field_samples"))
    return Manifest(
        _text(path, data, "model_id", ID),
        _text(path, data, "version", ID),
        _text(path, data, "language"),
        _text(path, data, "quantization"),
        SAMPLE_RATE_HZ,
        clock,
        _count(path, data, "max_samples"),
        files,
        _gate(path, data["gate"]) if "gate" in data else None,
        _language_model(path, data["language_model"], files) if "language_model" in data else None,
        _lineage(path, data["lineage"]) if "lineage" in data else None,
    )


def parse_heads(path: Path, raw: bytes) -> tuple[CtcHead, ...]:
    """path: for messages only. Raises: BundleError: names the head and the rule it broke."""
    rows = _object(path, raw).get("heads")
    if not isinstance(rows, list) or not rows:
        raise BundleError(f"{path}: heads must be a list with at least one CTC head")
    heads = tuple(_head(path, row) for row in rows)
    names = [head.name for head in heads]
    if len(set(names)) < len(names):
        raise BundleError(f"{path}: two heads have one name ({', '.join(names)})")
    return heads


def _object(path: Path, raw: bytes) -> dict[str, Any]:
    try:
        data = json.loads(raw.decode(), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path}: is not JSON ({error})") from error
    if not isinstance(data, dict):
        raise BundleError(f"{path}: must hold one JSON object")
    return data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Readers differ in which of two equal keys they take; what is verified must be what every other reader sees."""
    members = dict(pairs)
    if len(members) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} is there twice")
    return members


def _files(path: Path, entries: object) -> dict[str, BundleFile]:
    if not isinstance(entries, dict):
        raise BundleError(f"{path}: files must be an object")
    files = {}
    for name, entry in entries.items():
        if not _PATH.fullmatch(name):
            raise BundleError(f"{path}: lists {name!r}, which is not a plain path within the bundle")
        if not isinstance(entry, dict):
            raise BundleError(f"{path}: {name} must be an object with sha256, size and role")
        where = f"{path}: {name}"
        files[name] = BundleFile(_text(where, entry, "sha256", _SHA256), _count(where, entry, "size", least=0), _text(where, entry, "role"))
    return files


def _gate(path: Path, entry: object) -> Gate:
    if not isinstance(entry, dict):
        raise BundleError(f"{path}: gate must be an object")
    where, rows = f"{path}: gate", entry.get("checks")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise BundleError(f"{where}: checks must be a list with at least one object")
    checks = tuple(GateCheck(_text(where, row, "name"), _flag(where, row, "passed"), _text(where, row, "detail")) for row in rows)
    passed = _flag(where, entry, "passed")
    if passed != all(check.passed for check in checks):
        raise BundleError(f"{where}: passed is {passed}, its checks say otherwise")
    return Gate(passed, _text(where, entry, "against", _SHA256), checks)


def _language_model(path: Path, entry: object, files: dict[str, BundleFile]) -> LanguageModel:
    if not isinstance(entry, dict):
        raise BundleError(f"{path}: language_model must be an object")
    where = f"{path}: language_model"
    file = _text(where, entry, "file")
    if file not in files or files[file].role != "language_model":
        raise BundleError(f"{where}: file is {file!r}, files lists none of that name and of the role language_model")
    return LanguageModel(file, _count(where, entry, "order"), _count(where, entry, "words"))


def _lineage(path: Path, entry: object) -> Lineage:
    if not isinstance(entry, dict):
        raise BundleError(f"{path}: lineage must be an object")
    where, tools = f"{path}: lineage", entry.get("tools")
    if not isinstance(tools, dict) or not all(isinstance(version, str) and _is_text(version) and _is_text(name) for name, version in tools.items()):
        raise BundleError(f"{where}: tools must give a version for each package")
    return Lineage(
        _text(where, entry, "source"),
        _text(where, entry, "weights_sha256", _SHA256),
        _count(where, entry, "calibration_clips", least=0),
        tools,
        _text(where, entry, "calibration_sha256", _SHA256) if "calibration_sha256" in entry else None,
        _text(where, entry, "command") if "command" in entry else None,
    )


def _head(path: Path, row: object) -> CtcHead:
    if not isinstance(row, dict):
        raise BundleError(f"{path}: a head must be an object, not {type(row).__name__}")
    name, tokens = _text(path, row, "name"), row.get("tokens")
    if not isinstance(tokens, list) or not all(isinstance(token, str) and _is_text(token) for token in tokens):
        raise BundleError(f"{path}: the tokens of head {name} must be a list of printable symbols")
    first, size, blank = (_count(path, row, key, least=0) for key in ("first", "size", "blank"))
    if len(tokens) != size or not first <= blank < first + size:
        raise BundleError(f"{path}: head {name} has {len(tokens)} tokens and blank {blank} for {size} outputs from {first}")
    return CtcHead(name, first, size, blank, tuple(tokens))


def _count(where: object, data: dict[str, Any], key: str, least: int = 1) -> int:
    value = data.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MAX_COUNT:
        raise BundleError(f"{where}: {key} is {value!r}, must be a whole number from {least} to {MAX_COUNT}")
    return value


def _flag(where: object, data: dict[str, Any], key: str) -> bool:
    value = data.get(key)
    if not isinstance(value, bool):
        raise BundleError(f"{where}: {key} is {value!r}, must be true or false")
    return value


def _text(where: object, data: dict[str, Any], key: str, rule: re.Pattern[str] | None = None) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not _is_text(value) or (rule is not None and not rule.fullmatch(value)):
        raise BundleError(f"{where}: {key} is {value!r}, must be printable text" + (f" like {rule.pattern}" if rule is not None else ""))
    return value


def _is_text(value: str) -> bool:
    """Not empty, no control characters, and no lone surrogate, which JSON can spell and UTF-8 cannot: it would break every answer that carries it."""
    return bool(value) and value.isprintable()
