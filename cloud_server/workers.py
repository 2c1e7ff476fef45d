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
from cloud_server.questions import Beside, Task, Transcription, early_transcription, fail, next_beside, settle, settle_beside
from cloud_server.schedule import Job, Schedule
from cloud_server.telemetry.pool_watch import PoolWatch
from cloud_server.worker import START_TIMEOUT_S, WorkerDied
from cloud_server.worker_process import Fit, RecogniserSpec, Reply, Request
from cloud_server.workforce import Workforce
from models.records import Partial, Sounds
from protos.errors import Cancelled, DeadlineExceeded, Draining, InternalError, NotFinite
from protos.messages import ModelInfo, PhraseHint, Priority, Segment

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 2
# A healthy worker needs 0.01 s for a second of audio; one that needs this long hangs.
HANG_BASE_S = 10.0
HANG_PER_AUDIO_S = 1.0
# What costs no segment and takes so long is not worth the final results behind it.
BESIDE_HANG_S = 2.0


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
        self._workforce = Workforce(spec, schedule.workers, start_timeout_s, self._watch)
        self._listening = Listening(schedule.workers)
        self._waiting: dict[Key, Task] = {}
        self._hearing: dict[Key, asyncio.Future[Partial | None]] = {}
        self._beside, self._beside_later = deque[Beside](), deque[Beside]()
        """Later: of segments still being spoken."""
        self._changed = asyncio.Condition()
        self._loops: list[asyncio.Task[None]] = []
        self._stopping = self._ended = False
        self.hop_samples, self.takes_hints = 0, False
        """New audio worth another partial, once started; 0: the recogniser gives none."""

    async def start(self) -> ModelInfo:
        """Returns when every worker has loaded and warmed up. Raises: ConfigurationError: one cannot."""
        ready = await self._workforce.start()
        self._loops = [asyncio.create_task(self._serve(number)) for number in range(len(self._workforce))]
        self.hop_samples, self.takes_hints = ready.hop_samples, ready.takes_hints
        return ready.model

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
            async with asyncio.timeout(None if deadline_s is None else deadline_s - now_s):
                return await task.future
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
        waiting = self._beside if is_final else self._beside_later
        reply = None if self._stopping else await self._aside(Fit(sounds.log_probs, tuple(phrases)), "fit", BESIDE_HANG_S, waiting)
        return reply.fits if reply else None

    async def recognize_early(self, segment: Segment, audio_s: float, hints: Sequence[PhraseHint]) -> Transcription | None:
        """What `recognize` would come to, of speech that may be over, by a worker that has nothing else to do. None: there is none, or it failed.

        Raises nothing, and costs no whole segment more than the rest of this one's time.
        """
        if self._stopping or len(self._schedule) or self._beside or not self._workforce.has_idle:
            self._watch.early("busy")
            return None
        self._watch.early("begun")
        limit_s = HANG_BASE_S + HANG_PER_AUDIO_S * audio_s
        return early_transcription(await self._aside(Request(segment, tuple(hints)), "early", limit_s, self._beside))

    def confirm(self, key: Key, audio_s: float, done: Transcription) -> None:
        """The segment has ended where it was recognised early: that is its outcome."""
        self._end_listening(key)
        self._schedule.finished(audio_s, done.worker_s)
        self._watch.confirmed(audio_s, done.worker_s)

    async def renew(self, spec: RecogniserSpec) -> None:
        """As `Workforce.renew`. Interim results of segments that are open at that moment end; their final results do not change."""
        await self._workforce.renew(spec, self._lose)

    @property
    def pids(self) -> list[int]:
        return self._workforce.pids

    async def stop(self, drain_s: float) -> None:
        """Finish what was admitted within drain_s; what is left ends as Draining. Then end the processes."""
        self._stopping = True
        for key in list(self._hearing):
            self._give_up_on(key)
        futures = [task.future for task in self._waiting.values()]
        if futures:
            await asyncio.wait(futures, timeout=drain_s)
        for beside in (*self._beside, *self._beside_later):
            settle_beside(beside, None)
        for task in list(self._waiting.values()):
            fail(task, Draining("the server stopped before this segment was recognised", 1.0))
        # A library may lose a cancellation that comes with an answer, as asyncio.wait_for does before Python 3.12: the flag ends such a loop.
        self._ended = True
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await self._workforce.stop()

    async def _serve(self, number: int) -> None:
        while not self._ended:
            asked = await self._next(number)
            async with self._workforce.turn(number):
                match asked:
                    case Task():
                        await self._recognize(number, asked)
                    case Beside():
                        await self._do_beside(number, asked)
                    case _:
                        await self._listen(number, asked)

    async def _recognize(self, number: int, task: Task) -> None:
        task.attempts += 1
        queue_s = self._clock() - task.job.queued_s
        try:
            reply = await self._workforce.ask(number, task.request, HANG_BASE_S + HANG_PER_AUDIO_S * task.job.audio_s)
        except WorkerDied as error:
            log.error("%s (segment of %.1f s, attempt %d)", error, task.job.audio_s, task.attempts)
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
            reply = await self._ask_beside(number, request, "listen", BESIDE_HANG_S)
            partial = reply.partial if reply else None
        finally:
            if future is not None and not future.done():
                future.set_result(partial)

    async def _aside(self, request: Fit | Request, work: str, limit_s: float, waiting: deque[Beside]) -> Reply | None:
        beside = Beside(request, work, limit_s, asyncio.get_running_loop().create_future())
        waiting.append(beside)
        await self._wake()
        return await beside.future

    async def _do_beside(self, number: int, beside: Beside) -> None:
        reply = None
        try:
            reply = await self._ask_beside(number, beside.request, beside.work, beside.limit_s)
        finally:
            settle_beside(beside, reply)

    async def _ask_beside(self, number: int, request: Fit | Request | Listen | Forget, work: str, limit_s: float) -> Reply | None:
        """What costs no segment if the worker dies of it: None then, and another worker is in its place."""
        try:
            reply = await self._workforce.ask(number, request, limit_s)
        except WorkerDied as error:
            log.error("%s (work: %s)", error, work)
            await self._restart(number)
            return None
        self._watch.worked(work, reply.busy_s)
        return reply

    async def _next(self, number: int) -> Task | Beside | Listen | Forget:
        """The last step of a segment that is recognised comes first: it takes milliseconds. Then whole segments, then those still being spoken."""
        async with self._changed:
            while True:
                if (beside := next_beside(self._beside)) is not None:
                    return beside
                for _ in self._schedule.expire(self._clock()):  # their callers' own timers answer them
                    self._watch.dropped("deadline")
                job = self._schedule.take()
                if job is None:
                    if (beside := next_beside(self._beside_later)) is not None:
                        return beside
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

    def _lose(self, number: int) -> None:
        """What that worker had heard of segments still being spoken."""
        for key in self._listening.lost(number):
            self._give_up_on(key)

    async def _restart(self, number: int) -> None:
        self._watch.restarted()
        self._lose(number)
        await self._workforce.restart(number)

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
