"""The one file into which everything that happens is written as it comes, kept in memory too until it is checked."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from benchmarks.faults.events import Event, Record, from_line, to_line
from protos.errors import ConfigurationError

HARNESS = "harness"


class History:
    """`heard` for what a process wrote, `write` for what the harness did itself; `listeners` are told of both."""

    def __init__(self, path: Path) -> None:
        """Raises: ConfigurationError: the folder cannot be written."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("w", encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from error
        self.path = path
        self.records: list[Record] = []
        self.listeners: list[Callable[[Record], None]] = []

    def __enter__(self) -> History:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._file.close()

    def log_of(self, who: str) -> BinaryIO:
        """A file beside the history for what this process says to nobody."""
        return (self.path.parent / f"{who}.log").open("wb")

    def heard(self, line: str) -> None:
        self._add(from_line(line))

    def write(self, event: Event, who: str = HARNESS) -> None:
        self._add(Record(who, time.monotonic(), event))

    def _add(self, record: Record) -> None:
        self._file.write(to_line(record) + "\n")
        self.records.append(record)
        for listener in self.listeners:
            listener(record)
