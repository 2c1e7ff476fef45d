"""A checked, versioned index directory: built and changed by commands, opened by every server. No ranking here (engine.py).

Of each generation (`search.generations`):
documents.jsonl   what a hit shows
sought.tsv        a line a document: its texts as search writes them, and how its title may be said, one character a phone, the usual way first
tantivy/          (`search.inverted`)

An index that was changed is byte for byte the one built anew from the same documents in the same order, but for its generation's number.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

import tantivy

from cloud_server.search.catalogue import Document
from cloud_server.search.generations import Manifest, publish, read_manifest, verify, writing
from cloud_server.search.inverted import open_inverted, write_inverted
from cloud_server.search.sought import Sought, from_line, sought
from protos.errors import CatalogueError

DOCUMENTS, SOUGHT, INVERTED = "documents.jsonl", "sought.tsv", "tantivy"
MEMORY = Path("/dev/shm")  # noqa: S108 - its names are drawn at random, by tempfile
Watch = Callable[[Sequence[Document]], Iterable[Document]]
"""The same documents, with their progress shown to whoever waits."""


@dataclass(frozen=True, slots=True)
class OpenIndex:
    name: str
    version: str
    documents: tuple[Document, ...]
    sounds: tuple[tuple[str, ...], ...]
    """Pronunciations of each document's title (`search.sounds`)."""
    letters: tuple[str, ...]
    """Of each title's content words: to fold them anew for each query would cost more than the search."""
    texts: tuple[str, ...]
    """All that is searched of each document, as search writes it: likewise."""
    index: tantivy.Index


def build_index(documents: Sequence[Document], directory: Path, name: str, watch: Watch = iter) -> Manifest:
    """Make the directory an index of these documents, whatever index it was: readers see the old one or the new one.

    Raises: CatalogueError: `directory` exists and is not an index, is being changed, or cannot be written.
    """
    with writing(directory):
        return _publish(directory, name, documents, {}, watch)


def add_documents(documents: Sequence[Document], directory: Path, watch: Watch = iter) -> Manifest:
    """Those with an id that is there take its place, the others come last. Raises: CatalogueError: as build_index, or it cannot be read."""
    with writing(directory):
        manifest, present, known = _read(directory)
        changed = {document.id: document for document in (*present, *documents)}
        return _publish(directory, manifest.name, list(changed.values()), known, watch)


def remove_documents(ids: Sequence[str], directory: Path) -> Manifest:
    """Raises: CatalogueError: as add_documents, an id that is not there, or none would be left."""
    with writing(directory):
        manifest, present, known = _read(directory)
        there = {document.id for document in present}
        if missing := [name for name in ids if name not in there]:
            raise CatalogueError(f"{directory}: has no document {', '.join(map(repr, missing))}; nothing was removed")
        left = [document for document in present if document.id not in set(ids)]
        if not left:
            raise CatalogueError(f"{directory}: no document would be left; nothing was removed")
        return _publish(directory, manifest.name, left, known, iter)


def open_index(directory: Path) -> OpenIndex:
    """Nothing that becomes of the directory later matters to it. Raises: CatalogueError: no index, of another format, or not what was built."""
    manifest = read_manifest(directory)
    try:
        return _open(directory, manifest)
    except CatalogueError:
        # A generation that was replaced meanwhile is gone, and that is no fault.
        if (newer := read_manifest(directory)) == manifest:
            raise
        return _open(directory, newer)


def read_entries(folder: Path) -> tuple[tuple[Document, ...], tuple[Sought, ...]]:
    """Of one generation that was verified: documents, and each as search sees it."""
    return _read_documents(folder), _read_sought(folder)


def _open(directory: Path, manifest: Manifest) -> OpenIndex:
    # tantivy maps its files, and whoever reads a mapped file that was cut short, or whose disk hangs, dies or hangs with it: so they are our own, in
    # memory where it fits, and without a name as soon as they are open.
    with tempfile.TemporaryDirectory(prefix="harken-index-", dir=_memory(directory, manifest), ignore_cleanup_errors=True) as private:
        folder = verify(directory, manifest, Path(private))
        documents, known = _read_documents(folder), _read_sought(folder)
        index = open_inverted(folder / INVERTED)
        found = index.searcher().num_docs
    if not found == len(documents) == len(known) == manifest.documents:
        raise CatalogueError(
            f"{folder}: tantivy holds {found} documents, {DOCUMENTS} {len(documents)}, {SOUGHT} {len(known)}, the manifest says {manifest.documents}"
        )
    sounds, letters, texts = (tuple(map(attrgetter(name), known)) for name in ("sounds", "letters", "texts"))
    return OpenIndex(manifest.name, manifest.version, documents, sounds, letters, texts, index)


def _memory(directory: Path, manifest: Manifest) -> Path | None:
    """A folder in memory with room for the generation; None: the usual place for temporary files."""
    try:
        size = sum((directory / str(manifest.generation) / name).stat().st_size for name in manifest.sha256)
        return MEMORY if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 2 * size else None
    except OSError:
        return None


def _read(directory: Path) -> tuple[Manifest, tuple[Document, ...], dict[Document, Sought]]:
    manifest = read_manifest(directory)
    folder = verify(directory, manifest)
    documents = _read_documents(folder)
    return manifest, documents, dict(zip(documents, _read_sought(folder), strict=True))


def _publish(directory: Path, name: str, documents: Sequence[Document], known: dict[Document, Sought], watch: Watch) -> Manifest:
    rows = "".join(json.dumps(dataclasses.asdict(document), ensure_ascii=False, sort_keys=True) + "\n" for document in documents).encode()

    def write(folder: Path) -> None:
        prepared = list(sought(watch(documents), known))
        (folder / DOCUMENTS).write_bytes(rows)
        (folder / SOUGHT).write_text("".join(one.as_line() + "\n" for one in prepared), encoding="utf-8")
        write_inverted(prepared, folder / INVERTED)

    return publish(directory, name, len(documents), hashlib.sha256(rows).hexdigest()[:12], write)


def _read_documents(folder: Path) -> tuple[Document, ...]:
    return tuple(map(_document, _lines(folder / DOCUMENTS)))


def _read_sought(folder: Path) -> tuple[Sought, ...]:
    return tuple(map(from_line, _lines(folder / SOUGHT)))


def _lines(path: Path) -> list[str]:
    """Not splitlines: U+2028 and its like are letters to JSON, and a title that nobody can say is an empty line."""
    return path.read_bytes().decode().removesuffix("\n").split("\n")


def _document(line: str) -> Document:
    row = json.loads(line)
    return Document(**{**row, "tags": tuple(row["tags"]), "details": tuple(row["details"])})
