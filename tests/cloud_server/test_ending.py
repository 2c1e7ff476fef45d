from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from cloud_server.ending import EXIT_CODE, ending_within


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
