"""One person and their edge, through all its runs: what it promised, what it showed, and how to start it again where it was killed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from benchmarks.faults.children import Child
from benchmarks.faults.events import Closed, Exited, Opened, Record, Shown
from benchmarks.faults.history import History
from benchmarks.faults.speech import number_at

MODULE = "benchmarks.faults.edge_process"


class Speaker:
    def __init__(self, name: str, spool: Path, history: History, arguments: Sequence[str]) -> None:
        """arguments: of the edge's process, but for where it begins."""
        self.name, self.spool = name, spool
        self._history, self._arguments = history, ["--spool", str(spool), *arguments]
        self._runs = count(1)
        self._child: Child | None = None
        self.begun = 0
        """Queries, those that a kill cut off too."""
        self._allowed = 0
        self._being_killed = False
        self._opened, self._shown_since = asyncio.Event(), asyncio.Event()
        self._shown_s = 0.0
        self.closed: set[int] = set()
        self.answered: set[int] = set()
        self.is_over = asyncio.Event()
        """It has said all, or ended badly."""
        history.listeners.append(self._hear)

    async def start(self) -> None:
        who = f"edge-{self.name}-{next(self._runs)}"
        arguments = ["--first", str(self.begun), "--allowed", str(self._allowed), *self._arguments]
        self._child = await Child.start(who, MODULE, arguments, self._history)

    async def restart(self) -> None:
        """kill -9; a new run goes on with the next query. Nothing, if it is over."""
        if self._child is None or self.is_over.is_set():
            return
        self._being_killed = True
        await self._child.kill()
        self._being_killed = False
        if not self.is_over.is_set():
            await self.start()

    async def close(self) -> None:
        if self._child is not None:
            await self._child.kill()

    def allow(self, queries: int) -> None:
        """To be said in all, and at least one more than has begun."""
        self._allowed = max(self._allowed, queries, self.begun + 1)
        self.say(f"allow {self._allowed}")

    def say(self, words: str) -> None:
        if self._child is not None:
            self._child.say(words)

    async def next_shown_s(self) -> float | None:
        """When the next outcome from now on was shown, on the monotonic clock; None: none came, for it is over."""
        self._shown_since.clear()
        if self.is_over.is_set():
            return None
        await self._shown_since.wait()
        return self._shown_s if not self.is_over.is_set() else None

    async def until_begun(self, queries: int) -> None:
        while self.begun < queries and not self.is_over.is_set():
            self._opened.clear()
            await self._opened.wait()

    async def until_answered(self) -> None:
        """All that is promised by now."""
        promised = set(self.closed)
        while not (promised <= self.answered or self.is_over.is_set()):
            await self.next_shown_s()

    def _hear(self, record: Record) -> None:
        if record.speaker != self.name:
            return
        match record.event:
            case Opened(start_sample):
                self.begun = number_at(start_sample) + 1
                self._opened.set()
            case Closed(start_sample):
                self.closed.add(start_sample)
            case Shown(start_sample):
                self.answered.add(start_sample)
                self._shown_s = time.monotonic()
                self._shown_since.set()
            case Exited() if not self._being_killed:
                self.is_over.set()
                self._opened.set()
                self._shown_since.set()
            case _:
                pass
