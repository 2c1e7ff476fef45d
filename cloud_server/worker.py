"""One worker process seen from the server: start it, ask it, notice its death. Asks one thing at a time; decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import TypeVar

from cloud_server.listening import Forget, Listen
from cloud_server.worker_process import Fit, Ready, RecogniserSpec, Reply, Request, Unfit, main
from protos.errors import ConfigurationError

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 2.0

T = TypeVar("T")


class WorkerDied(Exception):
    """The process ended, or was ended because it hung or made no sense, while it owed an answer."""


class WorkerLate(WorkerDied):
    """It was ended because it took longer than it may."""


class Worker:
    """spawn, not fork: a forked child would inherit gRPC's threads and locks in whatever state they are."""

    def __init__(
        self, spec: RecogniserSpec, name: str, start_timeout_s: float = START_TIMEOUT_S, on_load: Callable[[str], None] = lambda _: None
    ) -> None:
        """on_load: told what became of each start, by one of `queue_metrics.MODEL_LOADS`."""
        self._spec = spec
        self._name = name
        self._start_timeout_s = start_timeout_s
        self._on_load = on_load
        self._pipe: Connection | None = None
        self._process: SpawnProcess | None = None
        # The pipe blocks; its own thread waits, so that neither the event loop nor another worker does.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def start(self) -> Ready:
        """Raises: ConfigurationError: the recogniser cannot be built. WorkerDied: the process ended before it was ready; WorkerLate: it was ended."""
        try:
            ready = await self._started()
        except WorkerLate as error:
            self._on_load("late")
            raise WorkerLate(f"{self._name} was not ready within {self._start_timeout_s:g} s and was ended") from error
        except (WorkerDied, OSError):
            self._on_load("died")
            raise
        except ConfigurationError:
            self._on_load("refused")
            raise
        self._on_load("loaded")
        return ready

    async def _started(self) -> Ready:
        first = await self._within(self._start_timeout_s, self._launch)
        if isinstance(first, Unfit):
            raise ConfigurationError(first.message)
        if not isinstance(first, Ready):
            self.kill()
            raise WorkerDied(f"{self._name} said {type(first).__name__} before it was ready")
        return first

    async def ask(self, request: Request | Fit | Listen | Forget, timeout_s: float) -> Reply:
        """Raises: WorkerDied: no answer will come; start() again before the next question."""
        reply = await self._within(timeout_s, lambda: self._talk(request))
        if not isinstance(reply, Reply):
            self.kill()
            raise WorkerDied(f"{self._name} answered {type(reply).__name__}")
        return reply

    @property
    def pid(self) -> int | None:
        """None before it was started."""
        return None if self._process is None else self._process.pid

    def kill(self) -> None:
        if self._process is not None and self._process.is_alive():
            self._process.kill()

    async def stop(self) -> None:
        """Close the pipe, which ends the process; kill it if it does not."""
        await asyncio.to_thread(self._end)
        self._thread.shutdown(wait=False)

    async def _within(self, timeout_s: float, action: Callable[[], T]) -> T:
        waiting = asyncio.get_running_loop().run_in_executor(self._thread, action)
        # When the server stops nobody may be left to ask what became of it.
        waiting.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.shield(waiting)
        except TimeoutError as error:
            self.kill()
            await asyncio.wait([waiting])  # the kill closed the pipe: the thread comes free
            waiting.exception()
            raise WorkerLate(f"{self._name} gave no answer in {timeout_s:.0f} s and was ended") from error

    def _launch(self) -> object:
        self._end()
        context = get_context("spawn")
        self._pipe, child = context.Pipe()
        process = context.Process(target=main, args=(child, self._spec), name=self._name, daemon=True)
        process.start()
        self._process = process  # only now: one that has not started cannot be waited for, and somebody may stop this worker meanwhile
        child.close()  # or the pipe would stay open when the process dies
        return self._receive()

    def _talk(self, request: Request | Fit | Listen | Forget) -> object:
        assert self._pipe is not None, "start() comes first"  # noqa: S101
        try:
            self._pipe.send(request)
        except OSError as error:
            raise WorkerDied(f"{self._name} ended with exit code {self._exit_code()} before it was asked") from error
        return self._receive()

    def _receive(self) -> object:
        assert self._pipe is not None  # noqa: S101
        try:
            return self._pipe.recv()
        except (EOFError, OSError) as error:
            raise WorkerDied(f"{self._name} ended with exit code {self._exit_code()}") from error
        except Exception as error:  # unpickling raises whatever it likes; nothing after it can be read either
            self.kill()
            raise WorkerDied(f"{self._name} sent what cannot be read: {error}") from error

    def _exit_code(self) -> int | None:
        if self._process is None:
            return None
        self._process.join(STOP_TIMEOUT_S)
        return self._process.exitcode

    def _end(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.join(STOP_TIMEOUT_S)
            self.kill()
            self._process.join(STOP_TIMEOUT_S)
