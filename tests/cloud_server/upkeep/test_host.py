"""What a machine says of itself, read from a made-up one."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_server.upkeep.host import look


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    proc, group = tmp_path / "proc", tmp_path / "sys" / "fs" / "cgroup"
    for folder in (proc, group):
        folder.mkdir(parents=True)
    (proc / "cpuinfo").write_text("model name\t: Imaginary 9000\nflags\t\t: fpu avx512_vnni\n")
    (proc / "meminfo").write_text("MemTotal: 8000000 kB\nMemAvailable: 4000000 kB\nSwapTotal: 1000 kB\nSwapFree: 400 kB\n")
    (proc / "loadavg").write_text("1.50 1.00 0.50 2/100 12345\n")
    (proc / "stat").write_text("cpu  50 0 20 20 0 0 0 10 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
    return tmp_path


def test_what_it_says_is_read(machine: Path) -> None:
    host = look(machine)
    assert (host.cpu, host.has_vnni, host.busy_cores, host.stolen) == ("Imaginary 9000", True, 1.5, 0.1)
    assert (host.available_bytes, host.swapped_bytes, host.governor) == (4_096_000_000, 614_400, "")


def test_a_containers_limits_count(machine: Path) -> None:
    group = machine / "sys" / "fs" / "cgroup"
    (group / "cpu.max").write_text("50000 100000\n")
    (group / "memory.max").write_text("1000000\n")
    (group / "memory.current").write_text("400000\n")
    host = look(machine)
    assert (host.usable_cores, host.available_bytes) == (0.5, 600_000)
    (group / "cpu.max").write_text("max 100000\n")
    assert look(machine).usable_cores >= 1


def test_a_machine_that_says_nothing_is_no_error(tmp_path: Path) -> None:
    host = look(tmp_path)
    assert (host.cpu, host.has_vnni, host.stolen) == ("unknown", False, 0.0)


def test_this_machine_can_be_looked_at(tmp_path: Path) -> None:
    host = look(scratch=tmp_path)
    assert host.cores >= host.usable_cores > 0
    assert host.available_bytes > 0
    assert host.scratch_bytes > 0
