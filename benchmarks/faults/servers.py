"""Servers one after another: the one in use, and the next one, which is made ready beside it so that no fault waits for a start."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.faults.children import Child
from benchmarks.faults.events import Ready, Record, Vitals
from benchmarks.faults.history import History
from benchmarks.latency import ask_all
from benchmarks.scrape import scrape, total
from protos.errors import ConfigurationError

MODULE = "benchmarks.faults.server_process"
CATALOGUE = '{"id": "pie", "title": "Pumpkin Pie", "text": "Bake until golden."}\n{"id": "soup", "title": "Noodle Soup", "text": "Simmer."}\n'
# Before its gauges are noted: pools of threads grow with the first requests.
WARM_UP_SESSIONS = 6
WARM_UP_PCM = bytes(32_000)
SETTLE_S = 30.0
SETTLE_EVERY_S = 0.25


class Server:
    def __init__(self, child: Child, ready: Ready) -> None:
        self.child, self.address, self.metrics_address = child, ready.address, ready.metrics_address
        self.before: Vitals | None = None

    async def worker_pids(self) -> list[int]:
        return [int(pid) for pid in (await self.child.ask("workers"))["pids"]]

    async def queued_s(self) -> float:
        return total(await asyncio.to_thread(scrape, self.metrics_address), "asr_queue_queue_audio_seconds")

    async def vitals(self) -> Vitals:
        held = await self.child.ask("vitals")
        samples = await asyncio.to_thread(scrape, self.metrics_address)
        return Vitals(int(total(samples, "asr_server_streams")), total(samples, "asr_queue_queue_audio_seconds"), **held)

    async def settled_vitals(self) -> Vitals:
        """As soon as nothing is above what it was before; after half a minute, as they are."""
        assert self.before is not None  # noqa: S101 - noted at its start
        for _ in range(round(SETTLE_S / SETTLE_EVERY_S)):
            now = await self.vitals()
            if all(getattr(now, gauge) <= getattr(self.before, gauge) for gauge in Vitals.__slots__):
                break
            await asyncio.sleep(SETTLE_EVERY_S)
        return replace(now, is_after=True)


class Servers:
    def __init__(self, history: History, arguments: Sequence[str]) -> None:
        self._history, self._arguments = history, list(arguments)
        self._catalogue = Path(history.path.parent, "catalogue.jsonl")
        self._catalogue.write_text(CATALOGUE)
        self._numbers = count(1)
        self._children: list[Child] = []
        self._next: asyncio.Task[Server] | None = None

    async def start(self, *, with_spare: bool = True) -> Server:
        first = await self._launch()
        if with_spare:
            self._next = asyncio.create_task(self._launch())
        return first

    async def until_spare(self) -> None:
        """The next one is ready: `next` then takes no time, and strikes whoever uses this one where they are."""
        assert self._next is not None, "start() comes first"  # noqa: S101
        await asyncio.wait([self._next])

    async def next(self) -> Server:
        """Ready, and another one under way."""
        assert self._next is not None, "start() comes first"  # noqa: S101
        server = await self._next
        self._next = asyncio.create_task(self._launch())
        return server

    async def close(self) -> None:
        """Whatever still runs is killed."""
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
        for child in self._children:
            await child.kill()

    async def _launch(self) -> Server:
        who = f"server-{next(self._numbers)}"
        ready: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()

        def listen(record: Record) -> None:
            if record.who == who and isinstance(record.event, Ready) and not ready.done():
                ready.set_result(record.event)

        self._history.listeners.append(listen)
        child = await Child.start(who, MODULE, ["--catalogue", str(self._catalogue), *self._arguments], self._history)
        self._children.append(child)
        over: asyncio.Future[None] = asyncio.create_task(child.ended())
        waits: list[asyncio.Future[Any]] = [ready, over]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        self._history.listeners.remove(listen)
        over.cancel()
        if not ready.done():
            raise ConfigurationError(f"{who} did not start; its own words are in {self._history.path.parent / who}.log")
        server = Server(child, ready.result())
        await asyncio.gather(*(_warm_up(server.address) for _ in range(WARM_UP_SESSIONS)))
        server.before = await _at_rest(server)
        self._history.write(server.before, who)
        return server


async def _at_rest(server: Server) -> Vitals:
    """Once the streams of the warm-up are gone."""
    while (vitals := await server.vitals()).streams or vitals.queued_s:  # noqa: ASYNC110 - another process's gauges
        await asyncio.sleep(SETTLE_EVERY_S / 10)
    return vitals


async def _warm_up(address: str) -> None:
    async for _ in ask_all(address, [(1.0, WARM_UP_PCM)]):
        pass
