"""Threads for calls that may never come back: a stalled disk, a library that hangs. Nobody waits for them, not even the end of the process.

concurrent.futures' own pool, and with it asyncio.to_thread, is waited for at the end whatever it does: a server whose disk stalls could not be
stopped but by SIGKILL.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class DaemonThreads(Executor):
    """As many as `count`, started as they are needed; they take what came first first."""

    def __init__(self, count: int, name: str) -> None:
        self._count, self._name = count, name
        self._started = 0
        self._work: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._change = threading.Condition()
        self._open = True

    def __len__(self) -> int:
        """How many calls wait."""
        return len(self._work)

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Raises: RuntimeError: it was shut down."""
        future: Future[T] = Future()
        with self._change:
            if not self._open:
                raise RuntimeError(f"{self._name}: was shut down, and takes no more work")
            # While all threads hang, those who gave up waiting must not fill the memory with what they asked.
            self._work = deque(item for item in self._work if not item[0].cancelled())
            self._work.append((future, partial(function, *args, **kwargs)))
            if self._started < self._count:
                self._started += 1
                threading.Thread(target=self._run, name=f"{self._name}-{self._started}", daemon=True).start()
            self._change.notify()
        return future

    def shutdown(self, wait: bool = False, *, cancel_futures: bool = False) -> None:  # noqa: ARG002 - as Executor has it
        """Ends threads when they come free; what was not begun is still done. Waits for nothing."""
        with self._change:
            self._open = False
            self._change.notify_all()

    def _run(self) -> None:
        while (taken := self._next()) is not None:
            future, call = taken
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:  # whoever waits is to have it, whatever it is
                future.set_exception(error)
            del future, call, taken  # or the last answer would stay until the next call

    def _next(self) -> tuple[Future[Any], Callable[[], Any]] | None:
        """None: there will be no more."""
        with self._change:
            self._change.wait_for(lambda: self._work or not self._open)
            return self._work.popleft() if self._work else None


async def in_own_thread(name: str, function: Callable[..., T], *arguments: Any) -> T:
    """As asyncio.to_thread, but nobody waits for it at the end. Raises: whatever it does."""
    threads = DaemonThreads(1, name)
    try:
        return await asyncio.get_running_loop().run_in_executor(threads, function, *arguments)
    finally:
        threads.shutdown()
