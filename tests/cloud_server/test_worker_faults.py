"""Workers that lie, stop and stall: the segment gets its outcome, the next one its answer."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from cloud_server import workers
from cloud_server.questions import Transcription
from cloud_server.schedule import Schedule
from cloud_server.worker_process import RecogniserSpec
from cloud_server.workers import WorkerPool
from protos.errors import DeadlineExceeded, InternalError
from protos.messages import Priority
from tests import fakes
from tests.cloud_server.test_workers import pool_of


async def test_a_reply_that_cannot_be_read_costs_one_segment_only() -> None:
    pool = WorkerPool(RecogniserSpec("tests.fakes:make_stub"), Schedule(60, 1))
    await pool.start()
    try:
        bad = pool.recognize(("s", 1), fakes.speech(first=fakes.UNREADABLE), 0.5, Priority.LIVE, None, ())
        good = pool.recognize(("s", 2), fakes.speech(), 0.5, Priority.LIVE, None, ())
        outcomes = await asyncio.gather(bad, good, return_exceptions=True)
    finally:
        await pool.stop(0)
    assert isinstance(outcomes[0], InternalError)
    assert isinstance(outcomes[1], Transcription)


async def test_a_deadline_holds_while_the_worker_hangs() -> None:
    async with pool_of() as pool:
        asking = pool.recognize(("s", 1), fakes.speech(first=fakes.HANG), 0.5, Priority.LIVE, time.monotonic() + 0.2, ())
        with pytest.raises(DeadlineExceeded, match="no transcript after"):
            async with asyncio.timeout(5):
                await asking


async def test_a_worker_stopped_by_the_system_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGSTOP: the pipe fills up, and sending must have its limit too."""
    monkeypatch.setattr(workers, "HANG_BASE_S", 0.5)
    async with pool_of() as pool:
        process = pool._workforce._workers[0]._process
        assert process is not None
        assert process.pid is not None
        os.kill(process.pid, signal.SIGSTOP)
        asking = pool.recognize(("s", 1), fakes.speech(480_000), 0.1, Priority.LIVE, None, ())
        async with asyncio.timeout(20):
            assert (await asking).recognition.alternatives
