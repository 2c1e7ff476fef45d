"""What catalogues call things, on its way into what workers may hear: made in a process beside, then handed to one worker after the other.

A title that nobody recognises is not found however good the search is. New and renamed items become words of the decoder's lexicon and n-grams some
seconds after they were indexed; meanwhile, and when it fails, the words before serve on.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from cloud_server.giving_way import giving_way
from cloud_server.search.catalogue import Document
from cloud_server.worker import WorkerDied
from cloud_server.worker_process import RecogniserSpec
from cloud_server.workers import WorkerPool
from protos.errors import ConfigurationError

log = logging.getLogger(__name__)

MAX_TITLES = 20_000
"""The most popular ones: with 10,000 the words are made in 7 s of one core and 0.7 GB."""

Make = Callable[[Path, Sequence[str], Path], None]
"""(bundle, titles, new folder). Raises: ConfigurationError."""


def make_words(bundle_dir: Path, titles: Sequence[str], folder: Path) -> None:
    """Raises: ConfigurationError: no title has a word that can be said, or the bundle has no language model."""
    from models.bundle import load_bundle  # noqa: PLC0415 - only the process that does this needs it
    from models.decode.vocabulary import vocabulary_with  # noqa: PLC0415
    from models.pronounce.pronouncer import english  # noqa: PLC0415

    vocabulary_with(load_bundle(bundle_dir), titles, english()).write(folder)


@dataclass(slots=True)
class TitleWords:
    """`changed` whenever a catalogue was loaded; `run` until cancelled."""

    pool: WorkerPool
    spec: RecogniserSpec
    """Of workers with the bundle's own words; a vocabulary's folder follows its arguments."""
    bundle_dir: Path
    scratch: Path
    on_made: Callable[[bool], None] = lambda _: None
    """Told whether new words serve now."""
    make: Make = make_words
    """Called in a process of its own."""
    _documents: Sequence[Document] = field(default=(), init=False)
    _titles: tuple[str, ...] = field(default=(), init=False)
    _wake: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def changed(self, documents: Iterable[Document]) -> None:
        """Of all catalogues."""
        self._documents = tuple(documents)
        self._wake.set()

    async def run(self) -> None:
        """What changes while words are made is made next; a catalogue that changes often is followed as fast as that goes."""
        folders: list[Path] = []
        for number in itertools.count(1):
            await self._wake.wait()
            self._wake.clear()
            titles = await asyncio.to_thread(chosen, self._documents)
            if titles == self._titles:
                continue
            folders.append(self.scratch / f"words-{number}")
            made = await self._renew(titles, folders[-1])
            self._titles = titles if made else self._titles
            # A worker that was renewed before another could not be still has its words from there, and reads them again after a crash.
            while made and len(folders) > 1:
                await asyncio.to_thread(shutil.rmtree, folders.pop(0), ignore_errors=True)
            self.on_made(made)

    async def _renew(self, titles: Sequence[str], folder: Path) -> bool:
        begin_s = time.monotonic()
        try:
            await beside(self.make, self.bundle_dir, titles, folder)
            await self.pool.renew(RecogniserSpec(self.spec.factory, (*self.spec.arguments, str(folder))))
        except (ConfigurationError, WorkerDied, OSError) as error:
            log.error("the words of %d titles could not be made, those before serve on: %s", len(titles), error)
            return False
        log.info("the words of %d titles can be heard, %.1f s after they came", len(titles), time.monotonic() - begin_s)
        return True


async def beside(make: Make, bundle_dir: Path, titles: Sequence[str], folder: Path) -> None:
    """`make` in a process that ends with it, or when this is cancelled. Raises: ConfigurationError: as it, or the process ended otherwise."""
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_report, args=(theirs, make, bundle_dir, titles, folder), name="harken-words", daemon=True)
    try:
        await asyncio.to_thread(process.start)
        theirs.close()  # or the pipe would stay open when the process dies
        refusal: str | None = await asyncio.to_thread(ours.recv)
    except EOFError as error:
        raise ConfigurationError("the process that made them ended before it was done") from error
    finally:
        if process.is_alive():
            process.kill()
    if refusal is not None:
        raise ConfigurationError(refusal)


def _report(pipe: Connection, make: Make, bundle_dir: Path, titles: Sequence[str], folder: Path) -> None:
    try:
        giving_way(partial(make, bundle_dir, titles, folder))
    except (ConfigurationError, OSError) as error:
        pipe.send(str(error))
    else:
        pipe.send(None)


def chosen(documents: Iterable[Document], most: int = MAX_TITLES) -> tuple[str, ...]:
    """Their titles, each once; of too many, the most popular, and of those as popular, the first."""
    titles: dict[str, float] = {}
    for document in documents:
        titles[document.title] = max(document.popularity, titles.get(document.title, 0.0))
    if len(titles) > most:
        log.warning("%d of %d titles are left out of what can be heard: more than %d, and the least popular", len(titles) - most, len(titles), most)
    return tuple(sorted(titles, key=lambda title: -titles[title])[:most])
