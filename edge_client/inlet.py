"""Blocks of bytes from a stream that may stay open and silent for ever: neither the event loop nor the end of the process waits for it.

A pipe is read by the loop itself. Anything else that bytes come from (a file on a disk that stalls, a terminal) is read by one thread that lives as
long as its stream. A thread for each read took half of all that listening costs, and one for the stream still costs half as much again as none
(benchmarks/LOG.md).
"""

from __future__ import annotations

import asyncio
import os
import stat
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import BinaryIO

# Read before anybody takes them: a file is not to be in memory whole, and a busy loop is to find the next ones there.
AHEAD_BLOCKS = 8


async def blocks(stream: BinaryIO, size: int) -> AsyncGenerator[bytes, None]:
    """What there is, as soon as it is there, at most `size` bytes at a time, until the stream ends.

    Raises: OSError, ValueError: as the stream does.
    """
    pipe = own_pipe(stream)
    inlet = ThreadInlet(stream, size) if pipe is None else PipeInlet(pipe, size)
    inlet.start()
    try:
        while block := await inlet.take():
            yield block
    finally:
        inlet.stop()


def own_pipe(stream: BinaryIO) -> int | None:
    """A non-blocking descriptor of this stream's pipe, to be closed; None: it is no pipe, or the system gives no second one.

    Opened anew, not duplicated: what is set on a duplicate is set for every process that shares the pipe.
    """
    with suppress(OSError):  # io.UnsupportedOperation is one: there is no descriptor at all
        if stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode):
            return os.open(f"/proc/self/fd/{stream.fileno()}", os.O_RDONLY | os.O_NONBLOCK)
    return None


class Inlet(ABC):
    """Lives on one event loop: start, take until an empty block or an error, stop."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._loop = asyncio.get_running_loop()
        self._blocks: deque[bytes | Exception] = deque()
        self._change = asyncio.Event()

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def stop(self) -> None:
        """What was read and not taken is lost."""

    async def take(self) -> bytes:
        while not self._blocks:
            self._change.clear()
            await self._change.wait()
        block = self._blocks.popleft()
        self._took()
        if isinstance(block, Exception):
            raise block
        return block

    @abstractmethod
    def _took(self) -> None:
        """There is room for one more."""

    def _put(self, block: bytes | Exception) -> None:
        self._blocks.append(block)
        self._change.set()


class PipeInlet(Inlet):
    def __init__(self, pipe: int, size: int) -> None:
        """pipe: non-blocking, closed by `stop`."""
        super().__init__(size)
        self._pipe = pipe
        self._is_watched = False

    def start(self) -> None:
        self._loop.add_reader(self._pipe, self._read)
        self._is_watched = True

    def stop(self) -> None:
        self._pause()
        os.close(self._pipe)

    def _took(self) -> None:
        if not self._is_watched:
            self.start()

    def _pause(self) -> None:
        self._loop.remove_reader(self._pipe)
        self._is_watched = False

    def _read(self) -> None:
        block: bytes | Exception
        try:
            block = os.read(self._pipe, self._size)
        except BlockingIOError:  # another process was quicker
            return
        except OSError as error:
            block = error
        self._put(block)
        if not block or isinstance(block, Exception) or len(self._blocks) >= AHEAD_BLOCKS:
            self._pause()


class ThreadInlet(Inlet):
    def __init__(self, stream: BinaryIO, size: int) -> None:
        super().__init__(size)
        self._stream = stream
        self._room = threading.Semaphore(AHEAD_BLOCKS)
        self._is_stopped = False

    def start(self) -> None:
        """A daemon: exit does not wait for it."""
        threading.Thread(target=self._read_on, daemon=True, name="inlet").start()

    def stop(self) -> None:
        self._is_stopped = True
        self._room.release()

    def _took(self) -> None:
        self._room.release()

    def _read_on(self) -> None:
        block: bytes | Exception = b"more"
        while block and not isinstance(block, Exception):
            self._room.acquire()
            if self._is_stopped:
                return
            block = self._read()
            with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
                self._loop.call_soon_threadsafe(self._put, block)

    def _read(self) -> bytes | Exception:
        try:
            return self._stream.read(self._size)
        except (OSError, ValueError) as error:
            return error
