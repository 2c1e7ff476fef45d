"""Calls that never come back hold nothing up."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from cloud_server.daemon_threads import DaemonThreads, in_own_thread

ENDS = """
import asyncio, threading
from cloud_server.daemon_threads import DaemonThreads, in_own_thread

async def main():
    threads = DaemonThreads(2, "search")
    for _ in range(3):
        threads.submit(threading.Event().wait)
    asyncio.create_task(in_own_thread("index", threading.Event().wait))
    await asyncio.sleep(0)
    threads.shutdown()

asyncio.run(main())
print("ended")
"""


def test_what_is_asked_is_answered_and_what_goes_wrong_is_told() -> None:
    threads = DaemonThreads(2, "t")
    assert [threads.submit(pow, 2, exponent).result() for exponent in range(5)] == [1, 2, 4, 8, 16]
    with pytest.raises(ZeroDivisionError):
        threads.submit(lambda: 1 // 0).result()
    assert threads.submit(pow, 2, 3).result() == 8, "its thread lives on"
    threads.shutdown()
    with pytest.raises(RuntimeError, match="was shut down"):
        threads.submit(pow, 2, 3)


def test_no_more_threads_than_were_asked_for_and_others_wait_their_turn() -> None:
    threads, goes_on, names = DaemonThreads(2, "t"), threading.Event(), set()

    def work() -> None:
        names.add(threading.current_thread().name)
        goes_on.wait()

    begun = [threads.submit(work) for _ in range(5)]
    goes_on.set()
    for one in begun:
        one.result()
    assert names <= {"t-1", "t-2"}


def test_what_was_cancelled_before_it_began_is_not_done() -> None:
    threads, goes_on, done = DaemonThreads(1, "t"), threading.Event(), []
    threads.submit(goes_on.wait)
    late = threads.submit(done.append, 1)
    assert late.cancel()
    goes_on.set()
    assert threads.submit(len, done).result() == 0


def test_those_who_gave_up_while_all_threads_hang_are_forgotten() -> None:
    threads, goes_on = DaemonThreads(1, "t"), threading.Event()
    threads.submit(goes_on.wait)
    for _ in range(100):
        threads.submit(pow, 2, 3).cancel()
    assert len(threads) <= 2
    goes_on.set()
    assert threads.submit(pow, 2, 3).result() == 8


async def test_a_coroutine_waits_for_its_own_thread_alone() -> None:
    goes_on = threading.Event()
    hung = asyncio.create_task(in_own_thread("hangs", goes_on.wait))
    assert await in_own_thread("works", pow, 2, 5) == 32
    with pytest.raises(ZeroDivisionError):
        await in_own_thread("fails", lambda: 1 // 0)
    goes_on.set()
    assert await hung


def test_a_process_ends_while_its_threads_hang() -> None:
    done = subprocess.run([sys.executable, "-c", ENDS], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "ended\n"
