"""A TCP proxy that spoils links on command, each way by itself: cut, reset, stall, and every `Toxic`. It knows no protocol, so it spoils any."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from benchmarks.faults.toxics import SOUND, WAYS, Toxic, Way

READ_BYTES = 16 * 1024
# Pieces under way in one direction of one link; beyond it the sender waits, as a full socket would have it wait.
UNDER_WAY = 256
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(eq=False, slots=True)
class _Link:
    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    passed_bytes: dict[Way, int] = field(default_factory=lambda: dict.fromkeys(WAYS, 0))


class Proxy:
    """What is set here holds for every link, those that are up included."""

    def __init__(self, target: str) -> None:
        """target: HOST:PORT."""
        host, _, port = target.rpartition(":")
        self._target = host, int(port)
        self._links: set[_Link] = set()
        self._toxics: dict[Way, Toxic] = dict.fromkeys(WAYS, SOUND)
        self._flows = {way: asyncio.Event() for way in WAYS}
        self.flow()
        self._refuses = False
        self.address = ""
        self.linked = asyncio.Event()
        """Set by each link that comes up."""
        self.passed_bytes = 0
        self.links_made = 0
        self.passed = asyncio.Event()
        """Set whenever bytes went through: for whoever waits for a certain amount."""

    def spoil(self, toxic: Toxic, *ways: Way) -> None:
        """What comes in from now on; ways: all, if none is named."""
        for way in ways or WAYS:
            self._toxics[way] = toxic

    def heal(self) -> None:
        """Sound again, each way."""
        self.spoil(SOUND)
        self.flow()

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

    def hang_up(self) -> None:
        """Every link ends on the side that connected; the server learns of it after `slow_close_s`."""
        for link in self._links:
            link.near.close()

    def stall(self, *ways: Way) -> None:
        """Half-open: links stay up, new ones come up, and nothing goes through any of them (these ways, or all)."""
        for way in ways or WAYS:
            self._flows[way].clear()
        self.linked.clear()

    def flow(self) -> None:
        """The end of `stall`; what waited goes through."""
        for flows in self._flows.values():
            flows.set()

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
        self._carry(link, "up", near_in, far)
        self._carry(link, "down", far_in, near)

    def _carry(self, link: _Link, way: Way, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(UNDER_WAY)
        for work in (self._take(way, source, under_way), self._give(link, way, under_way, sink)):
            link.tasks.append(asyncio.create_task(work))

    async def _take(self, way: Way, source: asyncio.StreamReader, under_way: asyncio.Queue[tuple[float, bytes]]) -> None:
        """What comes in, each piece with the moment it is due; no bytes for the end."""
        now_s = asyncio.get_running_loop().time
        with suppress(OSError):
            while data := await source.read(READ_BYTES):
                for piece in self._toxics[way].pieces(data):
                    await under_way.put((now_s() + self._toxics[way].latency_s, piece))
        await under_way.put((now_s() + self._toxics[way].slow_close_s, b""))

    async def _give(self, link: _Link, way: Way, under_way: asyncio.Queue[tuple[float, bytes]], sink: asyncio.StreamWriter) -> None:
        now_s = asyncio.get_running_loop().time
        with suppress(OSError):
            while True:
                due_s, piece = await under_way.get()
                if (wait_s := max(0.0, due_s - now_s()) + self._toxics[way].throttled_s(len(piece))) > 0:
                    await asyncio.sleep(wait_s)
                await self._flows[way].wait()
                if not piece or self._is_used_up(link, way):
                    break
                sink.write(piece)
                await sink.drain()
                self._count(link, way, len(piece))
        self._end(link)

    def _is_used_up(self, link: _Link, way: Way) -> bool:
        limit = self._toxics[way].limit_bytes
        return limit is not None and link.passed_bytes[way] >= limit

    def _count(self, link: _Link, way: Way, size: int) -> None:
        link.passed_bytes[way] += size
        self.passed_bytes += size
        self.passed.set()

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
