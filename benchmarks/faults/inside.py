"""What a process under faults has inside: it writes records to standard output, obeys words on standard input, and ends with whoever started it.

Writes are whole lines of one write(2) each: `kill -9` never leaves half of one.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from benchmarks.faults.events import Event, Record, to_line

Obey = Callable[[str], Awaitable[dict[str, Any] | None]]
ORPHANED = 3
"""Exit code of a process whose harness is gone."""


class Diary:
    def __init__(self, who: str) -> None:
        self._who = who

    def write(self, event: Event) -> None:
        _print(to_line(Record(self._who, time.monotonic(), event)))


class WallClock:
    """In the place of `time.time`: the wall clock, and what somebody set it forward or back."""

    def __init__(self) -> None:
        self._true_time = time.time
        self.offset_s = 0.0

    def __call__(self) -> float:
        return self._true_time() + self.offset_s

    def install(self) -> WallClock:
        time.time = self
        return self


async def obey(commands: dict[str, Obey]) -> None:
    """Each line of standard input is a word and an argument; what the command returns is replied. Never returns."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).decode():
        word, _, argument = line.strip().partition(" ")
        if (reply := await commands[word](argument)) is not None:
            _print(json.dumps({"reply": reply}))
    os._exit(ORPHANED)


def setting(clock: WallClock) -> Obey:
    """The command that sets it: seconds by which it is wrong."""

    async def set_clock(offset_s: str) -> None:
        clock.offset_s = float(offset_s)

    return set_clock


def apply_hooks(names: Sequence[str]) -> None:
    """module:callable each, called before anything starts: how tests make a program misbehave that has no flag for it."""
    for name in names:
        module, _, function = name.partition(":")
        getattr(importlib.import_module(module), function)()


def _print(line: str) -> None:
    os.write(sys.stdout.fileno(), f"{line}\n".encode())
