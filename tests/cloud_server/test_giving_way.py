"""Starting gives way, serving does not."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from pathlib import Path

import pytest

from cloud_server.giving_way import NICENESS, giving_way, giving_way_aside
from cloud_server.schedule import Schedule
from cloud_server.worker_process import Recogniser, RecogniserSpec
from cloud_server.workers import WorkerPool
from models.records import Recognition
from protos.messages import ModelInfo
from tests import fakes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="niceness is a thread's on Linux alone")


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


class ToldNiceness:
    """The stub, writing how nice it was asked."""

    def __init__(self, stub: Recogniser, log: Path) -> None:
        self._stub, self._log = stub, log

    def recognize(self, pcm: bytes, start_sample: int) -> Recognition:
        self._log.write_text(f"{self._log.read_text()} {niceness()}")
        return self._stub.recognize(pcm, start_sample)


def make_told(log: str) -> tuple[Recogniser, ModelInfo]:
    Path(log).write_text(str(niceness()))
    stub, model = fakes.make_stub()
    return ToldNiceness(stub, Path(log)), model


def test_work_gives_way_and_its_caller_does_not() -> None:
    before = niceness()
    assert giving_way(niceness) == max(NICENESS, before)
    assert niceness() == before


def test_work_is_another_threads_and_over_with_the_call() -> None:
    thread = giving_way(threading.current_thread)
    assert thread is not threading.current_thread()
    assert not thread.is_alive()


def test_what_work_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        giving_way(lambda: 1 // 0)


async def test_beside_the_event_loop_it_gives_way_too() -> None:
    before = niceness()
    assert await giving_way_aside(niceness) == max(NICENESS, before)
    assert niceness() == before


async def test_who_is_cancelled_does_not_wait_for_work_that_hangs() -> None:
    begun, goes_on = threading.Event(), threading.Event()
    working = asyncio.create_task(giving_way_aside(lambda: (begun.set(), goes_on.wait())))
    await asyncio.to_thread(begun.wait)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert not goes_on.is_set()
    goes_on.set()


async def test_a_worker_is_built_giving_way_and_serves_as_its_server_does(tmp_path: Path) -> None:
    log = tmp_path / "niceness"
    pool = WorkerPool(RecogniserSpec("tests.cloud_server.test_giving_way:make_told", (str(log),)), Schedule(60, 1))
    await pool.start()
    await pool.stop(0)
    built, first_run = map(int, log.read_text().split())
    assert (built, first_run) == (max(NICENESS, niceness()), niceness())
