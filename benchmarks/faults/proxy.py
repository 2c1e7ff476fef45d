"""A TCP proxy that spoils links on command: cut, reset, stall, latency, throttle. It knows no protocol, so it spoils any."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

READ_BYTES = 16 * 1024
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(eq=False, slots=True)
class _Link:
    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


class Proxy:
    """What is set here holds for every link, those that are up included."""

    def __init__(self, target: str) -> None:
        """target: HOST:PORT."""
        host, _, port = target.rpartition(":")
        self._target = host, int(port)
        self._links: set[_Link] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._refuses = False
        self.address = ""
        self.latency_s = 0.0
        """Added to each read, each way."""
        self.bytes_per_second: float | None = None
        """Each way of each link; None: as fast as it goes."""
        self.linked = asyncio.Event()
        """Set by each link that comes up."""
        self.passed_bytes = 0
        self.links_made = 0
        self.passed = asyncio.Event()
        """Set whenever bytes went through: for whoever waits for a certain amount."""

    def cut(self) -> None:
        """Every link ends in good order (FIN), in mid-message."""
        for link in list(self._links):
            self._end(link)

    def reset(self) -> None:
        """Every link ends with RST."""
        for link in list(self._links):
            for writer in (link.near, link.far):
                connection = writer.get_extra_info("socket")
                if connection is not None:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            self._end(link)

    def stall(self) -> None:
        """Half-open: links stay up, new ones come up, and nothing goes through any of them."""
        self._flows.clear()
        self.linked.clear()

    def flow(self) -> None:
        """The end of `stall`; what waited goes through."""
        self._flows.set()

    def refuse(self, *, refuses: bool) -> None:
        """New links end at once: the server is away."""
        self._refuses = refuses

    def point_at(self, target: str) -> None:
        """New links lead to another server."""
        host, _, port = target.rpartition(":")
        self._target = host, int(port)

    async def until_passed(self, passed_bytes: int) -> None:
        while self.passed_bytes < passed_bytes:
            self.passed.clear()
            await self.passed.wait()

    async def _accept(self, near_in: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        if self._refuses:
            near.close()
            return
        try:
            far_in, far = await asyncio.open_connection(*self._target)
        except OSError:
            near.close()
            return
        self.links_made += 1
        self.linked.set()
        link = _Link(near, far)
        self._links.add(link)
        link.tasks += [asyncio.create_task(self._carry(link, near_in, far)), asyncio.create_task(self._carry(link, far_in, near))]

    async def _carry(self, link: _Link, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(READ_BYTES):
                await self._delay(len(data))
                await self._flows.wait()
                sink.write(data)
                await sink.drain()
                self.passed_bytes += len(data)
                self.passed.set()
        self._end(link)

    async def _delay(self, size: int) -> None:
        throttled_s = size / self.bytes_per_second if self.bytes_per_second else 0.0
        if self.latency_s + throttled_s:
            await asyncio.sleep(self.latency_s + throttled_s)

    def _end(self, link: _Link) -> None:
        self._links.discard(link)
        for writer in (link.near, link.far):
            writer.close()
        for task in link.tasks:
            if task is not asyncio.current_task():
                task.cancel()


@asynccontextmanager
async def running_proxy(target: str) -> AsyncIterator[Proxy]:
    """A proxy in front of `target`, on a free port of this machine."""
    proxy = Proxy(target)
    server = await asyncio.start_server(proxy._accept, "127.0.0.1", 0)
    proxy.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        tasks = [task for link in proxy._links for task in link.tasks]
        proxy.cut()
        await asyncio.gather(*tasks, return_exceptions=True)
