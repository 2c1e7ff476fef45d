"""N worker processes: each is replaced when it dies, and all when newer ones come. Knows no queue: what they are asked is for `workers` to say."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from cloud_server.listening import Forget, Listen
from cloud_server.questions import loaded
from cloud_server.telemetry.pool_watch import PoolWatch
from cloud_server.worker import Worker, WorkerDied
from cloud_server.worker_process import Fit, Ready, RecogniserSpec, Reply, Request
from protos.errors import ConfigurationError

log = logging.getLogger(__name__)

RESTART_PAUSE_S = 0.5


class Workforce:
    """Workers are numbered from 0."""

    def __init__(self, spec: RecogniserSpec, count: int, start_timeout_s: float, watch: PoolWatch) -> None:
        self._start_timeout_s, self._watch = start_timeout_s, watch
        self._workers = [self._worker(spec, number) for number in range(count)]
        self._turns = [asyncio.Lock() for _ in self._workers]

    def __len__(self) -> int:
        return len(self._workers)

    @property
    def pids(self) -> list[int]:
        return [worker.pid for worker in self._workers if worker.pid is not None]

    @property
    def has_idle(self) -> bool:
        return not all(turn.locked() for turn in self._turns)

    def turn(self, number: int) -> asyncio.Lock:
        """Held by whoever asks that worker, so that it is not replaced in the middle of an answer."""
        return self._turns[number]

    async def start(self) -> Ready:
        """Returns when every worker has loaded and warmed up. Raises: ConfigurationError: one cannot."""
        try:
            started = await asyncio.gather(*(worker.start() for worker in self._workers), return_exceptions=True)
            first, *_ = [loaded(outcome) for outcome in started]
            return first
        except BaseException:
            await self.stop()
            raise

    async def ask(self, number: int, request: Fit | Request | Listen | Forget, limit_s: float) -> Reply:
        """Raises: WorkerDied: no answer will come; `restart` before the next question."""
        return await self._workers[number].ask(request, limit_s)

    async def restart(self, number: int) -> None:
        """Until it is there again."""
        while True:
            try:
                await self._workers[number].start()
                return
            except (WorkerDied, ConfigurationError, OSError):
                # The bundle on disk may be in the middle of being replaced; other workers still serve.
                log.exception("a worker could not be restarted; trying again")
                await asyncio.sleep(RESTART_PAUSE_S)

    async def renew(self, spec: RecogniserSpec, on_replaced: Callable[[int], None]) -> None:
        """Workers of another spec, one after the other, each built beside the one whose place it then takes: nobody waits, and no segment is lost.

        Raises: ConfigurationError, WorkerDied: it cannot be built; whoever was not replaced serves on.
        """
        for number, turn in enumerate(self._turns):
            fresh = self._worker(spec, number)
            try:
                await fresh.start()
            except BaseException as error:
                if not isinstance(error, asyncio.CancelledError):
                    self._watch.renewed("failed")
                await fresh.stop()
                raise
            async with turn:
                old, self._workers[number] = self._workers[number], fresh
                on_replaced(number)
            self._watch.renewed("renewed")
            await old.stop()

    async def stop(self) -> None:
        await asyncio.gather(*(worker.stop() for worker in self._workers))

    def _worker(self, spec: RecogniserSpec, number: int) -> Worker:
        return Worker(spec, f"harken-worker-{number + 1}", self._start_timeout_s, self._watch.model_loaded)
