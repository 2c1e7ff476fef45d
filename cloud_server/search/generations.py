"""Generations of an index directory: written beside the old one, checked, and put in its place in one step. Knows no document.

DIR/manifest.json   which generation counts, and the sha256 of each of its files; replaced last and atomically
DIR/<number>/       the files of one generation, never changed again
DIR/lock            held while somebody writes

A writer that was killed or a power cut: the manifest names either the old generation, whole, or the new one, whole.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from protos.errors import CatalogueError

FORMAT = 4
MANIFEST, LOCK = "manifest.json", "lock"
GENERATION = re.compile(r"\d+(\.part)?")
_OF_A_GENERATION = re.compile(r"[\w-]+(\.\w+)?(/[\w-]+(\.\w+)?)*")
"""A manifest that came from elsewhere must not lead out of its folder."""


@dataclass(frozen=True, slots=True)
class Manifest:
    name: str
    version: str
    """Of the documents, whatever generation holds them."""
    documents: int
    generation: int
    sha256: dict[str, str]
    """File of the generation -> its digest."""
    format: int = FORMAT


def read_manifest(directory: Path) -> Manifest:
    """Raises: CatalogueError: not there, not whole, or of another format."""
    path = directory / MANIFEST
    try:
        written = path.read_bytes()
    except OSError as error:
        raise CatalogueError(f"{path}: {error}; build the index with `harken-server index build`") from error
    return parse_manifest(written, str(path))


def parse_manifest(written: bytes, place: str) -> Manifest:
    """place: for messages. Raises: CatalogueError: not whole, or of another format."""
    try:
        facts: dict[str, Any] = json.loads(written)
        if facts.get("format") != FORMAT:
            raise CatalogueError(f"{place}: format is {facts.get('format')!r}, this version reads {FORMAT}; build the index again")
        if facts.pop("checksum", None) != _checksum(facts):
            raise CatalogueError(f"{place}: is not what was written (checksum)")
        if strange := [name for name in facts["sha256"] if not _OF_A_GENERATION.fullmatch(name)]:
            raise CatalogueError(f"{place}: names {strange[0]!r}, which is no file of an index")
        if type(facts["generation"]) is not int:
            raise CatalogueError(f"{place}: generation is {facts['generation']!r}, must be a number")
        return Manifest(**facts)
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise CatalogueError(f"{place}: {error}; build the index with `harken-server index build`") from error


def manifest_bytes(manifest: Manifest) -> bytes:
    facts = asdict(manifest)
    return (json.dumps({**facts, "checksum": _checksum(facts)}, indent=1, sort_keys=True) + "\n").encode()


def verify(directory: Path, manifest: Manifest, copy: Path | None = None) -> Path:
    """The folder of that generation, every byte of it as it was written. Raises: CatalogueError.

    copy: an empty folder; its files are copied there first, and the copies are what is verified and returned.
    """
    folder = directory / str(manifest.generation)
    for name, expected in manifest.sha256.items():
        try:
            digest = _digest(folder / name if copy is None else _copied(folder, copy, name))
        except OSError as error:
            raise CatalogueError(f"{folder / name}: {error.strerror}") from error
        if digest != expected:
            raise CatalogueError(f"{folder / name}: sha256 is {digest}, the manifest says {expected}")
    return folder if copy is None else copy


@contextmanager
def writing(directory: Path) -> Iterator[None]:
    """One writer at a time; a killed one holds nothing.

    Raises: CatalogueError: another is writing, the folder is something else, or it cannot be written.
    """
    if directory.exists() and any(directory.iterdir()) and not ((directory / MANIFEST).is_file() or (directory / LOCK).is_file()):
        raise CatalogueError(f"{directory}: exists and is not an index (no {MANIFEST}); give a new directory")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with (directory / LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CatalogueError(f"{directory}: is being changed by another process; try again when it is done") from None
            yield
    except OSError as error:
        raise CatalogueError(f"{directory}: {error}") from error


def publish(directory: Path, name: str, documents: int, version: str, write: Callable[[Path], None]) -> Manifest:
    """Have `write` fill an empty folder, then make that the generation that counts. Call it within `writing`."""
    current = _current(directory)
    folder, part = directory / str(current + 1), directory / f"{current + 1}.part"
    for leftover in (folder, part):
        shutil.rmtree(leftover, ignore_errors=True)
    part.mkdir()
    write(part)
    files = sorted(path for path in part.rglob("*") if path.is_file())
    for path in (*files, *{file.parent for file in files}):
        _sync(path)
    manifest = Manifest(name, version, documents, current + 1, {path.relative_to(part).as_posix(): _digest(path) for path in files})
    part.rename(folder)
    _replace_manifest(directory, manifest)
    for path in directory.iterdir():
        if path.is_dir() and path != folder and GENERATION.fullmatch(path.name):
            shutil.rmtree(path, ignore_errors=True)
    return manifest


def _current(directory: Path) -> int:
    """0 where there is none that can be read: a broken or old index may be built anew."""
    try:
        return read_manifest(directory).generation
    except CatalogueError:
        return 0


def _replace_manifest(directory: Path, manifest: Manifest) -> None:
    beside = directory / f"{MANIFEST}.part"
    beside.write_bytes(manifest_bytes(manifest))
    _sync(beside)
    _sync(directory)
    beside.replace(directory / MANIFEST)
    _sync(directory)


def _checksum(facts: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copied(folder: Path, copy: Path, name: str) -> Path:
    (copy / name).parent.mkdir(parents=True, exist_ok=True)
    return shutil.copyfile(folder / name, copy / name)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
