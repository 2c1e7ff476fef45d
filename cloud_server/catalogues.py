"""The catalogues of a server by name; one whose index changes is loaded beside the old one and then takes its place.

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

from cloud_server.daemon_threads import in_own_thread
from cloud_server.search.backend import SearchBackend
from cloud_server.search.catalogue import Document, default_catalogue, read_catalogue
from cloud_server.search.index import build_index
from cloud_server.search.weights import SHIPPED, Weights
from cloud_server.sources import IndexDirectory, Source, Stamp, source_of
from protos.errors import CatalogueError, CatalogueUnreachable
from protos.messages import CatalogueInfo

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Entry:
    engine: SearchBackend
    source: Source
    stamp: Stamp | None
    written_s: float = 0.0
    """When what is served was written, in Unix time; 0: nobody knows."""
    seen: bool = True
    """Whether it was there when somebody last looked."""


class Catalogues:
    def __init__(self, entries: Sequence[_Entry]) -> None:
        """Raises: CatalogueError: two have one name."""
        self._entries = {entry.engine.name: entry for entry in entries}
        if len(self._entries) < len(entries):
            names = [entry.engine.name for entry in entries]
            twice = next(name for name in names if names.count(name) > 1)
            raise CatalogueError(f"two catalogues are called {twice!r}; build one of their indexes with another --name")

    def engine(self, name: str) -> SearchBackend:
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
        """Name -> when the index now served was written, in Unix time; 0: nobody knows."""
        return {name: entry.written_s for name, entry in self._entries.items()}

    async def follow(self, on_load: Callable[[bool], None]) -> None:
        """Until cancelled. on_load: what to do after a change; told whether it could be loaded."""
        await asyncio.gather(*(self._follow(entry, on_load) for entry in self._entries.values()))

    async def _follow(self, entry: _Entry, on_load: Callable[[bool], None]) -> None:
        """Each by itself: one that cannot be reached holds up no other."""
        while True:
            await asyncio.sleep(entry.source.poll_s)
            loaded = await self._refreshed(entry)
            if loaded is not None:
                on_load(loaded)

    async def refresh(self) -> list[bool]:
        """Load what has changed; for each that has, whether it could be. What cannot be loaded is served as it was, and said once."""
        loaded = [await self._refreshed(entry) for entry in self._entries.values()]
        return [one for one in loaded if one is not None]

    async def _refreshed(self, entry: _Entry) -> bool | None:
        # A disk that hangs must neither hang the server nor keep it from ending.
        stamp = await in_own_thread("index-look", stamp_of, entry.source)
        if entry.seen != (stamp is not None):
            entry.seen = not entry.seen
            became = "there again" if entry.seen else "gone; what was loaded is served on"
            log.warning("the index of catalogue %s is %s", entry.engine.name, became)
        if stamp in (None, entry.stamp):
            return None
        entry.stamp = stamp
        try:
            entry.engine, entry.written_s = await in_own_thread("index-load", _loaded, entry.source, entry.engine.weights)
        except Exception:  # whatever a half-copied folder raises; the server goes on with what it has
            log.exception("catalogue %s stays at version %s: its index changed and cannot be used", entry.engine.name, entry.engine.version)
            return False
        log.info("catalogue %s is now version %s: %d documents", entry.engine.name, entry.engine.version, len(entry.engine))
        return True


def load_catalogues(indexes: Sequence[Path | str], files: Sequence[Path], scratch: Path, weights: Weights = SHIPPED) -> Catalogues:
    """Indexes as they are, here (a path) or elsewhere (a URL); files indexed now, in `scratch`; where neither is given, the shipped recipes.

    Raises: CatalogueError.
    """
    sources = [source_of(index, scratch / f"index-{number}") for number, index in enumerate(indexes)]
    for number, path in enumerate(files or ((default_catalogue(),) if not indexes else ())):
        directory = scratch / str(number)
        build_index(read_catalogue(path), directory, path.stem)
        sources.append(IndexDirectory(directory))
    return Catalogues([_load(source, weights) for source in sources])


def stamp_of(source: Source) -> Stamp | None:
    """None: it is not there now."""
    return source.stamp()


def _load(source: Source, weights: Weights) -> _Entry:
    stamp = source.stamp()  # first: what changes while it is loaded is loaded again
    try:
        engine, written_s = _loaded(source, weights)
        return _Entry(engine, source, stamp, written_s)
    except CatalogueUnreachable as error:
        if (stand_in := source.stand_in(weights)) is None:
            raise
        log.warning("searches say UNAVAILABLE until it is reached: %s", error)
        return _Entry(stand_in, source, None, seen=False)


def _loaded(source: Source, weights: Weights) -> tuple[SearchBackend, float]:
    """And when it was written. Out of the collector's sight: to walk 100,000 documents it would hold up every request for 110 ms, again and again."""
    gc.collect(1)
    gc.disable()
    try:
        return source.load(weights), source.written_s()
    finally:
        gc.freeze()
        gc.enable()
