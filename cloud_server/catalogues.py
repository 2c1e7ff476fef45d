"""The catalogues of a server by name; one whose index directory changes is loaded beside the old one and then takes its place.

A request asks for its engine once and finishes on it, whatever comes meanwhile.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from cloud_server.search.catalogue import Document, default_catalogue, read_catalogue
from cloud_server.search.engine import SearchEngine
from cloud_server.search.generations import MANIFEST
from cloud_server.search.index import build_index, open_index
from protos.errors import CatalogueError
from protos.messages import CatalogueInfo

log = logging.getLogger(__name__)

POLL_S = 1.0
"""One stat of a small file for each catalogue."""
Stamp: TypeAlias = "tuple[int, int, int] | None"


@dataclass(slots=True)
class _Entry:
    engine: SearchEngine
    directory: Path
    stamp: Stamp


class Catalogues:
    def __init__(self, entries: Sequence[_Entry]) -> None:
        """Raises: CatalogueError: two have one name."""
        self._entries = {entry.engine.name: entry for entry in entries}
        if len(self._entries) < len(entries):
            names = [entry.engine.name for entry in entries]
            twice = next(name for name in names if names.count(name) > 1)
            raise CatalogueError(f"two catalogues are called {twice!r}; build one of their indexes with another --name")

    def engine(self, name: str) -> SearchEngine:
        return self._entries[name].engine

    @property
    def documents(self) -> Iterator[Document]:
        """Of all of them."""
        return itertools.chain.from_iterable(entry.engine.documents for entry in self._entries.values())

    @property
    def titles(self) -> Iterator[str]:
        return (document.title for document in self.documents)

    @property
    def infos(self) -> tuple[CatalogueInfo, ...]:
        """The default one first."""
        return tuple(
            CatalogueInfo(name, entry.engine.version, len(entry.engine), is_default=place == 0)
            for place, (name, entry) in enumerate(self._entries.items())
        )

    @property
    def built_s(self) -> dict[str, float]:
        """Name -> when the index now served was written, in Unix time; 0 where its directory was already gone."""
        return {name: entry.stamp[1] / 1e9 if entry.stamp else 0.0 for name, entry in self._entries.items()}

    async def follow(self, on_load: Callable[[bool], None]) -> None:
        """Until cancelled. on_load: what to do after a change; told whether it could be loaded."""
        while True:
            await asyncio.sleep(POLL_S)
            for loaded in await self.refresh():
                on_load(loaded)

    async def refresh(self) -> list[bool]:
        """Load what has changed on disk; for each, whether it could be. What cannot be loaded is served as it was, and said once."""
        # In a thread: a disk that hangs must not hang the server.
        stamps = await asyncio.to_thread(lambda: {name: stamp_of(entry.directory) for name, entry in self._entries.items()})
        changed = [name for name, entry in self._entries.items() if stamps[name] not in (None, entry.stamp)]
        return [await self._reload(name, stamps[name]) for name in changed]

    async def _reload(self, name: str, stamp: Stamp) -> bool:
        entry = self._entries[name]
        entry.stamp = stamp
        try:
            entry.engine = await asyncio.to_thread(_engine, entry.directory)
        except Exception:  # whatever a half-copied folder raises; the server goes on with what it has
            log.exception("catalogue %s stays at version %s: its index changed and cannot be used", name, entry.engine.version)
            return False
        log.info("catalogue %s is now version %s: %d documents", name, entry.engine.version, len(entry.engine))
        return True


def load_catalogues(index_dirs: Sequence[Path], files: Sequence[Path], scratch: Path) -> Catalogues:
    """Indexes as they are; files indexed now, in `scratch`; where neither is given, the shipped recipes. Raises: CatalogueError."""
    directories = list(index_dirs)
    for number, path in enumerate(files or ((default_catalogue(),) if not index_dirs else ())):
        directory = scratch / str(number)
        build_index(read_catalogue(path), directory, path.stem)
        directories.append(directory)
    return Catalogues([_load(directory) for directory in directories])


def stamp_of(directory: Path) -> Stamp:
    """Another one after every change; None: there is no manifest now."""
    try:
        status = (directory / MANIFEST).stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _load(directory: Path) -> _Entry:
    stamp = stamp_of(directory)  # first: what changes while it is loaded is loaded again
    return _Entry(_engine(directory), directory, stamp)


def _engine(directory: Path) -> SearchEngine:
    """Out of the collector's sight: to walk 100,000 documents it would hold up every request for 110 ms, again and again."""
    gc.collect(1)
    gc.disable()
    try:
        return SearchEngine(open_index(directory))
    finally:
        gc.freeze()
        gc.enable()
