"""What this machine gives a server: read from /proc, /sys and the process' own limits. Facts only; `doctor` judges them."""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass
from pathlib import Path

from models.cpu import has_exact_int8

ROOT = Path("/")
UNLIMITED = "max"


@dataclass(frozen=True, slots=True)
class Host:
    cpu: str
    has_vnni: bool
    """Or what an ARM processor has in its place: exact INT8 products."""
    cores: int
    """That exist."""
    usable_cores: float
    """That this process may use: its affinity, and the container's quota."""
    available_bytes: int
    """Memory, the container's limit included."""
    swapped_bytes: int
    busy_cores: float
    """With whatever ran in the last minute."""
    stolen: float
    """Share of time that the hypervisor gave to others since the machine started."""
    governor: str
    """Of the first core's clock; empty: the machine does not say."""
    open_files: int
    scratch_bytes: int
    """Free where temporary files go."""


def look(root: Path = ROOT, scratch: Path | None = None) -> Host:
    """root: where /proc and /sys are. What a machine does not tell is taken for harmless."""
    proc, group = root / "proc", root / "sys" / "fs" / "cgroup"
    memory = _memory_bytes(proc)
    limit_bytes, used_bytes = _number(group / "memory.max"), _number(group / "memory.current")
    available = memory.get("MemAvailable", 0)
    if limit_bytes is not None:
        available = min(available, limit_bytes - (used_bytes or 0))
    cores, affine = os.cpu_count() or 1, len(os.sched_getaffinity(0))
    return Host(
        cpu=_cpu_name(proc / "cpuinfo"),
        has_vnni=has_exact_int8(cpuinfo=proc / "cpuinfo"),
        cores=cores,
        usable_cores=min(float(affine), _quota_cores(group / "cpu.max") or float(affine)),
        available_bytes=available,
        swapped_bytes=memory.get("SwapTotal", 0) - memory.get("SwapFree", 0),
        busy_cores=float((_text(proc / "loadavg") or "0").split()[0]),
        stolen=_stolen(proc / "stat"),
        governor=_text(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        open_files=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        scratch_bytes=_free_bytes(scratch) if scratch else 0,
    )


def _memory_bytes(proc: Path) -> dict[str, int]:
    rows = (line.split() for line in _text(proc / "meminfo").splitlines())
    return {row[0].rstrip(":"): 1024 * int(row[1]) for row in rows if len(row) == 3}


def _cpu_name(path: Path) -> str:
    return next((line.partition(":")[2].strip() for line in _text(path).splitlines() if line.startswith("model name")), "unknown")


def _quota_cores(path: Path) -> float | None:
    """`max 100000`, or microseconds in a period."""
    quota, _, period = _text(path).partition(" ")
    return int(quota) / int(period) if quota.isdigit() and period.strip().isdigit() else None


def _stolen(path: Path) -> float:
    first = (_text(path).splitlines() or [""])[0].split()[1:]
    ticks = list(map(int, first[:8]))
    whole = sum(ticks)
    return ticks[7] / whole if len(ticks) == 8 and whole else 0.0


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text.isdigit() else None


def _free_bytes(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
