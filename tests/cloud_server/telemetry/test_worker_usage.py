"""Memory and CPU time of processes that come and go."""

from __future__ import annotations

import os
from pathlib import Path

from prometheus_client import CollectorRegistry

from cloud_server.telemetry.worker_usage import WorkerUsage


def pretend(proc: Path, pid: int, ticks: int, pages: int) -> None:
    fields = ["S"] + ["0"] * 10 + [str(ticks), "0"] + ["0"] * 8 + [str(pages), "0"]
    (proc / str(pid)).mkdir(exist_ok=True)
    (proc / str(pid) / "stat").write_text(f"{pid} (a name (with) brackets) {' '.join(fields)}")


def test_of_this_very_process_it_says_what_the_system_says() -> None:
    registry = CollectorRegistry()
    registry.register(WorkerUsage(lambda: [os.getpid()]))
    assert registry.get_sample_value("asr_worker_processes") == 1
    assert (registry.get_sample_value("asr_worker_resident_memory_bytes") or 0) > 10e6
    assert (registry.get_sample_value("asr_worker_cpu_seconds_total") or 0) > 0


def test_the_cpu_time_of_one_that_ended_stays_counted(tmp_path: Path) -> None:
    second = os.sysconf("SC_CLK_TCK")
    living = [1, 2]
    registry = CollectorRegistry()
    registry.register(WorkerUsage(lambda: living, tmp_path))
    pretend(tmp_path, 1, 3 * second, 10)
    pretend(tmp_path, 2, 4 * second, 20)
    assert registry.get_sample_value("asr_worker_cpu_seconds_total") == 7.0
    assert registry.get_sample_value("asr_worker_resident_memory_bytes") == 30 * os.sysconf("SC_PAGE_SIZE")
    living[:] = [2, 3]
    pretend(tmp_path, 3, second, 1)
    assert registry.get_sample_value("asr_worker_cpu_seconds_total") == 8.0


def test_a_process_that_has_ended_is_none_of_them(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    registry.register(WorkerUsage(lambda: [7], tmp_path))
    assert registry.get_sample_value("asr_worker_processes") == 0
