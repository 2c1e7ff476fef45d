"""Index directories on their way to replicas, through any store that fsspec reaches (s3://, gs://, file://, ...). Knows no document.

What lies at a URL is an index directory as `search.generations` has it, but for its lock. It has its manifest last: whoever fetches while somebody
sends, or after one who was cut off, gets the one before, whole. A generation there is named by its content, so two who send at once mix nothing.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cloud_server.search.generations import GENERATION, MANIFEST, Manifest, manifest_bytes, parse_manifest, publish, read_manifest, verify, writing
from protos.errors import CatalogueError, CatalogueUnreachable

_CREDENTIALS = re.compile(r"(?<=://)[^/@]*@")
NAME_BYTES = 6
"""Of a generation's digest, in the number it has at a URL."""


def push_index(directory: Path, url: str) -> Manifest:
    """What lies at the URL afterwards: this index, checked before it goes. The one that lay there stays beside it until the next push, for whoever
    is fetching it.

    Raises: CatalogueError: no whole index, or the store refuses it.
    """
    manifest = read_manifest(directory)
    with tempfile.TemporaryDirectory(prefix="harken-push-") as private, _store(url) as (store, place):
        # A copy, because the directory may be changed while this goes.
        folder = verify(directory, manifest, Path(private))
        sent = dataclasses.replace(manifest, generation=_generation_of(manifest))
        there = _present(store, place, url)
        if there == sent:
            return sent
        for name in sorted(sent.sha256):
            target = f"{place}/{sent.generation}/{name}"
            store.makedirs(target.rpartition("/")[0], exist_ok=True)
            store.put_file(str(folder / name), target)
        for name in sent.sha256:  # afterwards: somebody else who sends may have tidied them away
            if store.size(f"{place}/{sent.generation}/{name}") != (folder / name).stat().st_size:
                raise CatalogueError(f"{shown(url)}/{sent.generation}/{name}: did not arrive whole; push again")
        # Moved, so that where a write can be cut off half a manifest is never called one.
        store.pipe_file(f"{place}/{MANIFEST}.part", manifest_bytes(sent))
        store.mv(f"{place}/{MANIFEST}.part", f"{place}/{MANIFEST}")
        _tidy(store, place, {str(one.generation) for one in (sent, there) if one is not None})
    return sent


def pull_index(url: str, directory: Path) -> Manifest:
    """Make the directory the index that lies at the URL, every byte of it checked, in one step; nothing is fetched where it is that already.

    Raises: CatalogueError: there is none, it is not what was sent, or the directory cannot be written; what was there stays.
    """
    with writing(directory):
        with _store(url) as (store, place):
            sent = parse_manifest(store.cat_file(f"{place}/{MANIFEST}"), f"{shown(url)}/{MANIFEST}")
        present = _readable(directory)
        if present is not None and (present.name, present.sha256) == (sent.name, sent.sha256):
            return present
        return publish(directory, sent.name, sent.documents, sent.version, _fetcher(url, sent))


def remote_stamp(url: str) -> str:
    """Another one after every push. Raises: CatalogueError: there is no manifest, or no way to it."""
    with _store(url) as (store, place):
        return hashlib.sha256(store.cat_file(f"{place}/{MANIFEST}")).hexdigest()


def shown(url: str) -> str:
    """For people and logs: without a name and password in it.

    >>> shown("ftp://me:secret@example.com/films/")
    'ftp://example.com/films'
    """
    return _CREDENTIALS.sub("", url).rstrip("/")


def _fetcher(url: str, sent: Manifest) -> Callable[[Path], None]:
    def fetch(folder: Path) -> None:
        with _store(url) as (store, place):
            for name, expected in sent.sha256.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                store.get_file(f"{place}/{sent.generation}/{name}", str(folder / name))
                with (folder / name).open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                if digest != expected:
                    raise CatalogueError(f"{shown(url)}/{sent.generation}/{name}: sha256 is {digest}, the manifest says {expected}")

    return fetch


@contextmanager
def _store(url: str) -> Iterator[tuple[Any, str]]:
    """A file system and the place in it. Raises: CatalogueError: it cannot be used; CatalogueUnreachable: perhaps later."""
    try:
        store, place = _opened(url)
        store.invalidate_cache()
        yield store, place.rstrip("/")
    except CatalogueError:
        raise
    except FileNotFoundError as error:
        raise CatalogueError(f"{shown(url)}: has no index, or not all of it: nothing at {error}") from error
    except Exception as error:  # each store raises what its own client does
        raise CatalogueUnreachable(f"{shown(url)}: {type(error).__name__}: {shown(str(error))}") from error


def _opened(url: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs  # noqa: PLC0415 - 60 ms that only who ships an index pays

    try:
        store, place = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise CatalogueError(f"{shown(url)}: cannot be opened: {error}") from error
    return store, place


def _present(store: Any, place: str, url: str) -> Manifest | None:
    """None: no index, or one that cannot be read and may be replaced. Raises: CatalogueError: something else lies there."""
    try:
        return parse_manifest(store.cat_file(f"{place}/{MANIFEST}"), f"{shown(url)}/{MANIFEST}")
    except CatalogueError:
        return None
    except FileNotFoundError:
        strange = [name for name in _names(store, place) if not (GENERATION.fullmatch(name) or name == f"{MANIFEST}.part")]
        if strange:
            raise CatalogueError(f"{shown(url)}: has {strange[0]!r} and no {MANIFEST}, so it is no index; give a new place") from None
        return None


def _tidy(store: Any, place: str, kept: set[str]) -> None:
    for name in _names(store, place):
        if GENERATION.fullmatch(name) and name not in kept:
            store.rm(f"{place}/{name}", recursive=True)


def _names(store: Any, place: str) -> list[str]:
    store.invalidate_cache()
    try:
        return sorted(str(path).rstrip("/").rpartition("/")[2] for path in store.ls(place, detail=False))
    except FileNotFoundError:
        return []


def _generation_of(manifest: Manifest) -> int:
    digests = "".join(f"{name} {digest}\n" for name, digest in sorted(manifest.sha256.items()))
    return int.from_bytes(hashlib.sha256(digests.encode()).digest()[:NAME_BYTES])


def _readable(directory: Path) -> Manifest | None:
    try:
        manifest = read_manifest(directory)
        verify(directory, manifest)
    except CatalogueError:
        return None
    return manifest
