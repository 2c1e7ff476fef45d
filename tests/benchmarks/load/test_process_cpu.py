"""Processor time of families of processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.load.process_cpu import TICKS_PER_S, descendants, machine_busy_s, tree_cpu_s


def stat(pid: int, parent: int, *times: int) -> str:
    """As the kernel writes it, with a command that tries to confuse."""
    return f"{pid} (evil) name) S {parent} 0 0 0 -1 0 0 0 0 0 {' '.join(map(str, times))} 20 0 1 0"


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    for pid, parent, times in ((10, 1, (100, 50, 7, 3)), (11, 10, (20, 10, 0, 0)), (12, 11, (5, 5, 0, 0)), (13, 1, (1000, 0, 0, 0))):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "stat").write_text(stat(pid, parent, *times))
    (tmp_path / "self").mkdir()
    return tmp_path


def test_children_and_their_children_count_and_strangers_do_not(proc: Path) -> None:
    assert tree_cpu_s(10, proc) == (160 + 30 + 10) / TICKS_PER_S
    assert tree_cpu_s(99, proc) == 0.0


def test_a_family_is_found_in_any_order() -> None:
    assert descendants(5, {9: ["S", "7"], 7: ["S", "5"], 5: ["S", "1"], 6: ["S", "1"]}) == {5, 7, 9}


def test_this_process_and_a_child_that_has_ended_have_used_something() -> None:
    before_s = tree_cpu_s(os.getpid())
    subprocess.run([sys.executable, "-c", "sum(i * i for i in range(2_000_000))"], check=True)
    assert tree_cpu_s(os.getpid()) > before_s
    assert machine_busy_s() > 0
