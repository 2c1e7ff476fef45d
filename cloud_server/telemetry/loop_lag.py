"""How late the event loop is: whoever asks it for a moment's sleep is woken later by what holds it up, and so is every answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

EVERY_S = 0.25


async def watch_loop_lag(observe: Callable[[float], Awaitable[None]], every_s: float = EVERY_S, clock: Callable[[], float] = time.monotonic) -> None:
    """Until cancelled; tells `observe` each lateness in seconds."""
    while True:
        begin_s = clock()
        await asyncio.sleep(every_s)
        await observe(max(0.0, clock() - begin_s - every_s))
