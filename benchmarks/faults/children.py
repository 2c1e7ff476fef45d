"""Processes under faults, seen from the harness: start one, hear what it writes, tell it something, end it one way or another."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from typing import Any

from benchmarks.faults.events import Exited
from benchmarks.faults.history import History

STOP_TIMEOUT_S = 30.0


class Child:
    """Its records go into the history, its standard error into a file beside it."""

    def __init__(self, who: str, process: Process, history: History) -> None:
        self.who, self._process, self._history = who, process, history
        self._replies: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._was_killed = False
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, who: str, module: str, arguments: list[str], history: History) -> Child:
        command = [sys.executable, "-m", module, "--who", who, *arguments]
        with history.log_of(who) as log:
            process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=log)
        return cls(who, process, history)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._listening.done()

    def say(self, words: str) -> None:
        """Nothing, if it has ended."""
        assert self._process.stdin is not None  # noqa: S101 - asked for above
        if self._process.returncode is None:
            self._process.stdin.write(f"{words}\n".encode())

    async def ask(self, words: str) -> dict[str, Any]:
        """Raises: ProcessLookupError: it ended without a reply."""
        self.say(words)
        reply = asyncio.create_task(self._replies.get())
        await asyncio.wait([reply, self._listening], return_when=asyncio.FIRST_COMPLETED)
        if not reply.done():
            reply.cancel()
            raise ProcessLookupError(f"{self.who} ended before it replied to {words!r}")
        return reply.result()

    def signal(self, number: signal.Signals) -> None:
        """Nothing, if it has ended."""
        if self._process.returncode is None:
            self._process.send_signal(number)

    async def kill(self) -> None:
        """SIGKILL, and the last word of it read."""
        if self._process.returncode is None:
            self._was_killed = True
            self._process.send_signal(signal.SIGKILL)
        await self.ended()

    async def stop(self) -> None:
        """SIGTERM, and SIGKILL if it does not obey: then its exit is none in good order."""
        self.signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await self.ended()
        except TimeoutError:
            self.signal(signal.SIGKILL)
            await self.ended()

    async def ended(self) -> None:
        await asyncio.shield(self._listening)

    async def _listen(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        async for line in self._process.stdout:
            if line.startswith(b'{"reply"'):
                self._replies.put_nowait(json.loads(line)["reply"])
            else:
                self._history.heard(line.decode())
        code = await self._process.wait()
        self._history.write(Exited(code, self._was_killed), self.who)
