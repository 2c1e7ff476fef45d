"""What processes cost: CPU seconds of one and of all it started, read from /proc."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class CoreShare:
    """Filled in at the end of `core_share`."""

    share: float = 0.0


@contextmanager
def core_share(pid: int) -> Iterator[CoreShare]:
    """Which share of one core that process and its children took within the block."""
    begin_s, before_s, found = time.monotonic(), cpu_s(pid), CoreShare()
    yield found
    found.share = (cpu_s(pid) - before_s) / (time.monotonic() - begin_s)


def cpu_s(pid: int) -> float:
    """User and system, of the process and its living children."""
    # The name in brackets may hold spaces; user and system time are the 14th and 15th field of all.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S + sum(map(cpu_s, children(pid)))


def children(pid: int) -> list[int]:
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for found in lists for child in found.read_text().split()]
