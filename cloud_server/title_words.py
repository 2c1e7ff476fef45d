"""What catalogues call things, on its way into what workers may hear: made in a process beside, then handed to one worker after the other.

A title that nobody recognises is not found however good the search is. New and renamed items become words of the decoder's lexicon and n-grams some
seconds after they were indexed; meanwhile, and when it fails, the words before serve on.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from cloud_server.search.catalogue import Document
from cloud_server.worker import WorkerDied
from cloud_server.worker_process import RecogniserSpec
from cloud_server.workers import WorkerPool
from protos.errors import ConfigurationError

log = logging.getLogger(__name__)

MAX_TITLES = 20_000
"""The most popular ones: with 10,000 the words are made in 7 s of one core and 0.7 GB."""

NICENESS = 10
"""Of the process that makes them: segments come first."""


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
    make: Callable[[Path, Sequence[str], Path], None] = field(default_factory=lambda: make_words)
    """(bundle, titles, new folder), called in a process of its own."""
    _titles: tuple[str, ...] = field(default=(), init=False)
    _wake: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def changed(self, documents: Iterable[Document]) -> None:
        """Of all catalogues."""
        titles = chosen(documents)
        if titles != self._titles:
            self._titles = titles
            self._wake.set()

    async def run(self) -> None:
        """What changes while words are made is made next; a catalogue that changes often is followed as fast as that goes."""
        number, serving = 0, None
        while True:
            await self._wake.wait()
            self._wake.clear()
            number += 1
            folder = self.scratch / f"words-{number}"
            made = await self._renew(folder)
            self.on_made(made)
            unused = serving if made else folder
            serving = folder if made else serving
            if unused is not None:
                await asyncio.to_thread(shutil.rmtree, unused, ignore_errors=True)

    async def _renew(self, folder: Path) -> bool:
        begin_s, titles = time.monotonic(), self._titles
        try:
            with ProcessPoolExecutor(1, get_context("spawn"), os.nice, (NICENESS,)) as beside:
                await asyncio.get_running_loop().run_in_executor(beside, self.make, self.bundle_dir, titles, folder)
            await self.pool.renew(RecogniserSpec(self.spec.factory, (*self.spec.arguments, str(folder))))
        except (ConfigurationError, WorkerDied, BrokenProcessPool, OSError) as error:
            log.error("the words of %d titles could not be made, those before serve on: %s", len(titles), error)
            return False
        log.info("the words of %d titles can be heard, %.1f s after they came", len(titles), time.monotonic() - begin_s)
        return True


def chosen(documents: Iterable[Document], most: int = MAX_TITLES) -> tuple[str, ...]:
    """Their titles, each once; of too many, the most popular, and of those as popular, the first."""
    titles: dict[str, float] = {}
    for document in documents:
        titles[document.title] = max(document.popularity, titles.get(document.title, 0.0))
    if len(titles) > most:
        log.warning("%d of %d titles are left out of what can be heard: more than %d, and the least popular", len(titles) - most, len(titles), most)
    return tuple(sorted(titles, key=lambda title: -titles[title])[:most])


def make_words(bundle_dir: Path, titles: Sequence[str], folder: Path) -> None:
    """In a process of its own. Raises: ConfigurationError: no title has a word that can be said, or the bundle has no language model."""
    from models.bundle import load_bundle  # noqa: PLC0415 - only the process that does this needs it
    from models.decode.vocabulary import vocabulary_with  # noqa: PLC0415
    from models.pronounce.pronouncer import english  # noqa: PLC0415

    vocabulary_with(load_bundle(bundle_dir), titles, english()).write(folder)
