"""Memory and CPU time of the worker processes, read from /proc when somebody scrapes: the server's own process_* figures do not contain them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

# Fields of /proc/PID/stat behind the name, which may itself hold spaces and brackets.
USER_TICKS, SYSTEM_TICKS, RESIDENT_PAGES = 11, 12, 21


class WorkerUsage(Collector):
    """Sums over processes that come and go: CPU time of one that has ended stays counted, so that the sum never falls."""

    def __init__(self, pids: Callable[[], Iterable[int]] = tuple, proc: Path = Path("/proc")) -> None:
        self.pids = pids
        self._proc = proc
        self._cpu_s: dict[int, float] = {}
        self._ended_s = 0.0

    def collect(self) -> Iterator[Metric]:
        found = {pid: usage for pid in self.pids() if (usage := self._usage(pid)) is not None}
        for pid in self._cpu_s.keys() - found.keys():
            self._ended_s += self._cpu_s[pid]
        self._cpu_s = {pid: cpu_s for pid, (cpu_s, _) in found.items()}
        cpu_s, resident = self._ended_s + sum(self._cpu_s.values()), sum(size for _, size in found.values())
        yield GaugeMetricFamily("asr_worker_processes", "Recogniser processes that live.", len(found))
        yield GaugeMetricFamily("asr_worker_resident_memory_bytes", "Memory of all recogniser processes together.", resident)
        yield CounterMetricFamily("asr_worker_cpu_seconds", "CPU time of all recogniser processes together.", cpu_s)

    def _usage(self, pid: int) -> tuple[float, int] | None:
        """CPU seconds and resident bytes; None: it has ended, or there is no /proc."""
        try:
            fields = (self._proc / str(pid) / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        ticks = int(fields[USER_TICKS]) + int(fields[SYSTEM_TICKS])
        return ticks / os.sysconf("SC_CLK_TCK"), int(fields[RESIDENT_PAGES]) * os.sysconf("SC_PAGE_SIZE")
