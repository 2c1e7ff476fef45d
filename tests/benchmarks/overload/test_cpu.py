"""CPU seconds come from /proc, children counted."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

from benchmarks.overload.cpu import children, core_share, cpu_s

BUSY = "import sys\nsum(i for i in range(3_000_000))\nprint('done', flush=True)\nsys.stdin.read()"


def test_work_of_this_process_and_of_its_children_counts() -> None:
    before_s = cpu_s(os.getpid())
    with subprocess.Popen([sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert child.pid in children(os.getpid())
        childs_s = cpu_s(child.pid)
        assert childs_s > 0
        assert cpu_s(os.getpid()) - before_s >= childs_s - 0.001  # sums of hundredths in floating point
        child.communicate()


async def test_waiting_is_no_share_of_a_core() -> None:
    with core_share(os.getpid()) as idle:
        await asyncio.to_thread(lambda: subprocess.run([sys.executable, "-c", "import time; time.sleep(0.3)"], check=True))
    assert 0 <= idle.share < 1
