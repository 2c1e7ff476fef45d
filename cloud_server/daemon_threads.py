"""Threads for calls that may never come back: a stalled disk, a library that hangs. Nobody waits for them, not even the end of the process.

concurrent.futures' own pool, and with it asyncio.to_thread, is waited for at the end whatever it does: a server whose disk stalls could not be
stopped but by SIGKILL.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class DaemonThreads(Executor):
    """As many as `count`, started as they are needed."""

    def __init__(self, count: int, name: str) -> None:
        self._count, self._name = count, name
        self._started = 0
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._open = True

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Raises: RuntimeError: it was shut down."""
        future: Future[T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(function(*args, **kwargs))
            except BaseException as error:  # whoever waits is to have it, whatever it is
                future.set_exception(error)

        with self._lock:
            if not self._open:
                raise RuntimeError(f"{self._name}: was shut down, and takes no more work")
            self._work.put(work)
            if self._started < self._count:
                self._started += 1
                threading.Thread(target=self._run, name=f"{self._name}-{self._started}", daemon=True).start()
        return future

    def shutdown(self, wait: bool = False, *, cancel_futures: bool = False) -> None:  # noqa: ARG002 - as Executor has it
        """Ends threads when they come free; what was not begun is still done. Waits for nothing."""
        with self._lock:
            self._open = False
            for _ in range(self._started):
                self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()


async def in_own_thread(name: str, function: Callable[..., T], *arguments: Any) -> T:
    """As asyncio.to_thread, but nobody waits for it at the end. Raises: whatever it does."""
    threads = DaemonThreads(1, name)
    try:
        return await asyncio.get_running_loop().run_in_executor(threads, function, *arguments)
    finally:
        threads.shutdown()
