from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading

import pytest

from cloud_server.ending import EXIT_CODE, StopSignal, ending_within


async def test_a_stop_that_hangs_is_ended_and_says_what_hung(caplog: pytest.LogCaptureFixture) -> None:
    codes, ended = list[int](), threading.Event()

    def end(code: int) -> None:
        codes.append(code)
        ended.set()

    async def hang() -> None:
        await asyncio.Event().wait()

    hanging = asyncio.create_task(hang(), name="a stream")
    with caplog.at_level(logging.CRITICAL), ending_within(0.01, end):
        assert await asyncio.to_thread(ended.wait, 30)
    hanging.cancel()
    assert codes == [EXIT_CODE]
    (said,) = (record.getMessage() for record in caplog.records)
    assert said.startswith("not stopped after 0.01 s, ended now.")
    assert "a stream in test_ending.py:" in said


async def test_a_stop_in_time_is_left_alone() -> None:
    codes = list[int]()
    with ending_within(3600, codes.append):
        (timer,) = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer) and thread.interval == 3600]
    timer.join(30)
    assert not timer.is_alive()
    assert not codes


async def test_a_signal_cancels_what_is_started_and_is_told_once() -> None:
    told = list[str]()
    stop = StopSignal(lambda: told.append("now"))
    with stop.interrupts():
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.Event().wait()
    assert stop.came
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.sleep(0)
    await stop.wait()
    assert told == ["now"]
    assert asyncio.current_task().cancelling() == 0, "who goes on may be cancelled by others"


async def test_what_has_started_is_not_cancelled_by_a_signal() -> None:
    stop = StopSignal(lambda: None)
    with stop.interrupts():
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    await stop.wait()


async def test_another_cancellation_is_none_of_its_business() -> None:
    async def start() -> None:
        with StopSignal(lambda: None).interrupts():
            begun.set()
            await asyncio.Event().wait()

    begun = asyncio.Event()
    starting = asyncio.create_task(start())
    await begun.wait()
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
