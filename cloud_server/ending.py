"""A stop that ends: whoever asked a server to stop is not to wait for ever for something in it that does not."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

EXIT_CODE = 3
"""Of a process that could not stop by itself; what was in flight was answered or refused before, in drain_s."""
MARGIN_S = 20.0
"""Over twice the time for what is in flight (once for the answers, once for the workers): connections, index copies, files."""


class StopSignal:
    """SIGTERM and Ctrl-C, from when it is made in a running event loop."""

    def __init__(self, at_once: Callable[[], object]) -> None:
        """at_once: called when the first one comes."""
        self._at_once, self._stopped = at_once, asyncio.Event()
        self._interrupted: asyncio.Task[object] | None = None
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._come)

    @property
    def came(self) -> bool:
        return self._stopped.is_set()

    async def wait(self) -> None:
        await self._stopped.wait()

    @contextmanager
    def interrupts(self) -> Iterator[None]:
        """What is done inside is cancelled by a signal, and `came` says so behind it. A start may wait for a disk that never answers."""
        self._interrupted = asyncio.current_task()
        try:
            yield
        except asyncio.CancelledError:
            if not self.came or self._interrupted is None:
                raise
            self._interrupted.uncancel()
        finally:
            self._interrupted = None

    def _come(self) -> None:
        if not self.came:
            self._at_once()
            self._stopped.set()
            if self._interrupted is not None:
                self._interrupted.cancel()


@contextmanager
def ending_within(limit_s: float, end: Callable[[int], object] = os._exit) -> Iterator[None]:
    """From another thread, since the event loop may be what is stuck. Says what every task was waiting for, so that the cause can be found.

    Workers end by themselves when the pipe to their server closes.
    """
    loop = asyncio.get_running_loop()

    def give_up() -> None:
        waiting = "; ".join(sorted(_place(task) for task in asyncio.all_tasks(loop)))
        log.critical("not stopped after %g s, ended now. Tasks: %s", limit_s, waiting or "none")
        end(EXIT_CODE)

    timer = threading.Timer(limit_s, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _place(task: asyncio.Task[object]) -> str:
    """Its name, and the innermost line of ours that it waits in."""
    frames = task.get_stack(limit=1)
    code = frames[0].f_code if frames else None
    where = f"{code.co_filename.rsplit('/', 1)[-1]}:{frames[0].f_lineno} {code.co_name}" if code else "nowhere"
    return f"{task.get_name()} in {where}"
