"""Work that gives way to whoever serves on the same cores: a start takes what others leave, or the server beside it would refuse speech meanwhile.

In a thread of its own, since niceness is a thread's on Linux and nobody without privileges may take it back: the process stays as it was.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from cloud_server.daemon_threads import in_own_thread

NICENESS = 10
"""A tenth of a core that others want all of, and all of one that nobody wants."""

T = TypeVar("T")


def giving_way(work: Callable[[], T]) -> T:
    """What `work` returns or raises. Threads that it starts are as nice as it. Elsewhere than on Linux it is done as anything else."""
    with ThreadPoolExecutor(1, thread_name_prefix="giving-way", initializer=_give_way) as thread:
        return thread.submit(work).result()


async def giving_way_aside(work: Callable[[], T]) -> T:
    """The same beside the event loop. Who is cancelled does not wait for the work: it may hang on a disk that stalls."""
    return await in_own_thread("giving-way", _as_nice, work)


def _as_nice(work: Callable[[], T]) -> T:
    _give_way()
    return work()


def _give_way() -> None:
    if sys.platform == "linux":  # elsewhere this is the whole process's
        os.setpriority(os.PRIO_PROCESS, 0, max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))
