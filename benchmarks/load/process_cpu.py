"""Processor time of a process and all its descendants, from /proc: those that have ended and were waited for included."""

from __future__ import annotations

import os
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# Of /proc/PID/stat behind the command's closing bracket: parent, and the four counters from utime to cstime.
PARENT, FIRST_TIME, LAST_TIME = 1, 11, 15


def tree_cpu_s(pid: int, proc: Path = PROC) -> float:
    """Never falls while `pid` lives: what a child used, its parent takes over when it ends."""
    stats = dict(_stats(proc))
    return sum(sum(map(int, stats[one][FIRST_TIME:LAST_TIME])) for one in descendants(pid, stats)) / TICKS_PER_S


def descendants(pid: int, stats: dict[int, list[str]]) -> set[int]:
    """With `pid` itself, as far as they live."""
    found, fresh = set[int](), {pid} & stats.keys()
    while fresh:
        found |= fresh
        fresh = {one for one, fields in stats.items() if int(fields[PARENT]) in found} - found
    return found


def machine_busy_s(proc: Path = PROC) -> float:
    """Of all cores together, everybody's."""
    user, nice, system, _idle, _wait, interrupt, soft, *_ = map(int, (proc / "stat").read_text().split("\n", 1)[0].split()[1:])
    return (user + nice + system + interrupt + soft) / TICKS_PER_S


def _stats(proc: Path) -> list[tuple[int, list[str]]]:
    found = []
    for folder in proc.iterdir():
        if folder.name.isdigit():
            try:
                text = (folder / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):  # it has just ended
                continue
            found.append((int(folder.name), text.rpartition(")")[2].split()))
    return found
