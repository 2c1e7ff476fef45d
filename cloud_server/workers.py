"""N worker processes fed from one schedule; exactly one outcome for each segment. Does the asking; `schedule` decides who is next.

Processes, because the beam decoder holds the GIL (measured: 40 ms stalls) and because a crash must cost one segment only. A segment whose worker dies
goes back to the front once; if its second worker dies too, it is the segment that kills, and it alone ends as an InternalError.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence

from cloud_server.listening import Forget, Key, Listen, Listening
from cloud_server.questions import Fitting, Task, Transcription, fail, loaded, next_fit, settle, settle_fit
from cloud_server.schedule import Job, Schedule
from cloud_server.telemetry.pool_watch import PoolWatch
from cloud_server.worker import START_TIMEOUT_S, Worker, WorkerDied
from cloud_server.worker_process import Fit, RecogniserSpec, Reply, Request
from models.records import Partial, Sounds
from protos.errors import Cancelled, ConfigurationError, DeadlineExceeded, Draining, InternalError, NotFinite
from protos.messages import ModelInfo, PhraseHint, Priority, Segment

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 2
# A healthy worker needs 0.01 s for a second of audio; one that needs this long hangs.
HANG_BASE_S = 10.0
HANG_PER_AUDIO_S = 1.0
# What costs no segment and takes so long is not worth the final results behind it.
BESIDE_HANG_S = 2.0
RESTART_PAUSE_S = 0.5


class WorkerPool:
    """`watch` is told what happens, for metrics."""

    def __init__(
        self,
        spec: RecogniserSpec,
        schedule: Schedule,
        clock: Callable[[], float] = time.monotonic,
        watch: PoolWatch | None = None,
        start_timeout_s: float = START_TIMEOUT_S,
    ) -> None:
        self._schedule, self._clock, self._watch = schedule, clock, watch or PoolWatch()
        self._start_timeout_s = start_timeout_s
        self._workers = [self._worker(spec, number) for number in range(schedule.workers)]
        self._listening = Listening(schedule.workers)
        self._waiting: dict[Key, Task] = {}
        self._hearing: dict[Key, asyncio.Future[Partial | None]] = {}
        self._fitting, self._fitting_later = deque[Fitting](), deque[Fitting]()
        """Later: of segments still being spoken."""
        self._changed = asyncio.Condition()
        self._turns = [asyncio.Lock() for _ in self._workers]
        """Held while a worker answers, so that none is replaced in the middle of it."""
        self._loops: list[asyncio.Task[None]] = []
        self._stopping = self._ended = False
        self.hop_samples, self.takes_hints = 0, False
        """New audio worth another partial, once started; 0: the recogniser gives none."""

    async def start(self) -> ModelInfo:
        """Returns when every worker has loaded and warmed up. Raises: ConfigurationError: one cannot."""
        try:
            started = await asyncio.gather(*(worker.start() for worker in self._workers), return_exceptions=True)
            ready = [loaded(outcome) for outcome in started]
        except BaseException:
            await asyncio.gather(*(worker.stop() for worker in self._workers))
            raise
        self._loops = [asyncio.create_task(self._serve(number)) for number in range(len(self._workers))]
        self.hop_samples, self.takes_hints = ready[0].hop_samples, ready[0].takes_hints
        return ready[0].model

    async def recognize(
        self, key: Key, segment: Segment, audio_s: float, priority: Priority, deadline_s: float | None, hints: Sequence[PhraseHint], tenant: str = ""
    ) -> Transcription:
        """Wait for the segment's one outcome, until deadline_s wherever the segment then is. Cancelling the caller takes the segment back.

        Raises: SpeechError: Overloaded at once or shed for others, DeadlineExceeded, Draining, InternalError, or what the recogniser refused it for.
        """
        if self._stopping:
            raise Draining("the server is being restarted", 1.0)
        self._end_listening(key)
        now_s = self._clock()
        job = Job(key, audio_s, priority, now_s, deadline_s, tenant)
        for loser in self._schedule.offer(job):
            self._watch.dropped("shed")
            fail(self._waiting[loser.key], self._schedule.overloaded())
        task = Task(job, Request(segment, tuple(hints)), asyncio.get_running_loop().create_future())
        self._waiting[key] = task
        why = "cancelled"
        try:
            await self._notify()
            return await asyncio.wait_for(task.future, None if deadline_s is None else deadline_s - now_s)
        except TimeoutError as error:
            why = "deadline"
            raise DeadlineExceeded(f"no transcript after {self._clock() - now_s:.1f} s") from error
        finally:
            self._waiting.pop(key, None)
            if self._schedule.cancel(key):  # cancelled or late while it waited
                self._watch.dropped(why)
                self._watch.queue_changed(self._schedule)

    def cancel(self, key: tuple[str, int]) -> None:
        """Nobody wants the answer any more; a running one is finished and thrown away."""
        self._end_listening(key)
        if (task := self._waiting.get(key)) is not None:
            fail(task, Cancelled(f"segment {key[1]} was cancelled"))

    async def hear(self, key: Key, start_sample: int, heard_samples: int, pcm: bytes) -> Partial | None:
        """The next part of a segment that is still open, for whoever has time before it ends. Never at the cost of a whole segment.

        None: nobody had, a later part took its place, or nothing can be heard yet. Raises nothing; the segment itself loses nothing by it.
        """
        self._give_up_on(key)
        if self._stopping or not self._listening.offer(key, start_sample, heard_samples, pcm):
            return None
        future: asyncio.Future[Partial | None] = asyncio.get_running_loop().create_future()
        self._hearing[key] = future
        await self._wake()
        return await future

    async def fit(self, sounds: Sounds, phrases: Sequence[str], *, is_final: bool = True) -> tuple[float, ...] | None:
        """How well a segment's audio fits each string; milliseconds of the next worker that comes free, or, if the segment is not final, of the next
        that has nothing better to do. None: it cannot be said. Raises nothing.

        Whoever waits no longer cancels, and no worker is asked then.
        """
        if self._stopping:
            return None
        fitting = Fitting(Fit(sounds.log_probs, tuple(phrases)), asyncio.get_running_loop().create_future())
        (self._fitting if is_final else self._fitting_later).append(fitting)
        await self._wake()
        return await fitting.future

    async def renew(self, spec: RecogniserSpec) -> None:
        """Workers of another spec, one after the other, each built beside the one whose place it then takes: nobody waits, and no segment is lost.

        Interim results of segments that are open at that moment end; their final results do not change.
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
                for key in self._listening.lost(number):
                    self._give_up_on(key)
            self._watch.renewed("renewed")
            await old.stop()

    @property
    def pids(self) -> list[int]:
        return [worker.pid for worker in self._workers if worker.pid is not None]

    async def stop(self, drain_s: float) -> None:
        """Finish what was admitted within drain_s; what is left ends as Draining. Then end the processes."""
        self._stopping = True
        for key in list(self._hearing):
            self._give_up_on(key)
        futures = [task.future for task in self._waiting.values()]
        if futures:
            await asyncio.wait(futures, timeout=drain_s)
        for fitting in (*self._fitting, *self._fitting_later):
            settle_fit(fitting, None)
        for task in list(self._waiting.values()):
            fail(task, Draining("the server stopped before this segment was recognised", 1.0))
        # Before Python 3.12 asyncio.wait_for swallows a cancellation that comes together with its answer: the flag ends such a loop.
        self._ended = True
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await asyncio.gather(*(worker.stop() for worker in self._workers))

    def _worker(self, spec: RecogniserSpec, number: int) -> Worker:
        return Worker(spec, f"harken-worker-{number + 1}", self._start_timeout_s, self._watch.model_loaded)

    async def _serve(self, number: int) -> None:
        while not self._ended:
            asked = await self._next(number)
            async with self._turns[number]:
                match asked:
                    case Task():
                        await self._recognize(number, asked)
                    case Fitting():
                        await self._fit(number, asked)
                    case _:
                        await self._listen(number, asked)

    async def _recognize(self, number: int, task: Task) -> None:
        task.attempts += 1
        queue_s = self._clock() - task.job.queued_s
        try:
            reply = await self._workers[number].ask(task.request, HANG_BASE_S + HANG_PER_AUDIO_S * task.job.audio_s)
        except WorkerDied as error:
            log.error("%s (segment of %.1f s, attempt %d)", error, task.job.audio_s, task.attempts)
            self._watch.restarted()
            await self._retry_once(task)
            await self._restart(number)
        else:
            self._schedule.finished(task.job.audio_s, reply.busy_s)
            self._watch.recognized(task.job.audio_s, queue_s, reply.busy_s)
            if isinstance(reply.error, NotFinite):
                self._watch.not_finite()
            settle(task, reply, queue_s)

    async def _listen(self, number: int, request: Listen | Forget) -> None:
        future = self._hearing.pop(request.key, None) if isinstance(request, Listen) else None
        partial = None
        try:
            reply = await self._ask_beside(number, request, "listen")
            partial = reply.partial if reply else None
        finally:
            if future is not None and not future.done():
                future.set_result(partial)

    async def _fit(self, number: int, fitting: Fitting) -> None:
        fits = None
        try:
            reply = await self._ask_beside(number, fitting.request, "fit")
            fits = reply.fits if reply else None
        finally:
            settle_fit(fitting, fits)

    async def _ask_beside(self, number: int, request: Fit | Listen | Forget, work: str) -> Reply | None:
        """What costs no segment if the worker dies of it: None then, and another worker is in its place."""
        try:
            reply = await self._workers[number].ask(request, BESIDE_HANG_S)
        except WorkerDied as error:
            log.error("%s (work: %s)", error, work)
            self._watch.restarted()
            await self._restart(number)
            return None
        self._watch.worked(work, reply.busy_s)
        return reply

    async def _next(self, number: int) -> Task | Fitting | Listen | Forget:
        """The last step of a segment that is recognised comes first: it takes milliseconds. Then whole segments, then those still being spoken."""
        async with self._changed:
            while True:
                if (fitting := next_fit(self._fitting)) is not None:
                    return fitting
                for _ in self._schedule.expire(self._clock()):  # their callers' own timers answer them
                    self._watch.dropped("deadline")
                job = self._schedule.take()
                if job is None:
                    if (fitting := next_fit(self._fitting_later)) is not None:
                        return fitting
                    if (request := self._listening.take(number)) is not None:
                        return request
                    await self._changed.wait()
                    continue
                self._watch.queue_changed(self._schedule)
                task = self._waiting.get(job.key)
                if task is not None and not task.future.done():
                    return task

    async def _retry_once(self, task: Task) -> None:
        if task.attempts >= MAX_ATTEMPTS:
            self._watch.poisoned()
            fail(task, InternalError(f"recognition ended abnormally {task.attempts} times on this segment"))
        elif not task.future.done():
            self._schedule.put_back(task.job)
            await self._notify()

    async def _restart(self, number: int) -> None:
        for key in self._listening.lost(number):
            self._give_up_on(key)
        while True:
            try:
                await self._workers[number].start()
                return
            except (WorkerDied, ConfigurationError, OSError):
                # The bundle on disk may be in the middle of being replaced; other workers still serve.
                log.exception("a worker could not be restarted; trying again")
                await asyncio.sleep(RESTART_PAUSE_S)

    def _end_listening(self, key: Key) -> None:
        self._listening.end(key)
        self._give_up_on(key)

    def _give_up_on(self, key: Key) -> None:
        """Whoever waits for this segment's part that no worker has taken."""
        if (future := self._hearing.pop(key, None)) is not None and not future.done():
            future.set_result(None)

    async def _notify(self) -> None:
        self._watch.queue_changed(self._schedule)
        await self._wake()

    async def _wake(self) -> None:
        async with self._changed:
            self._changed.notify_all()
