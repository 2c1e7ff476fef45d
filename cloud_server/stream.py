"""One live session: feeds the pure `session` with what happens and does what it commands. Knows no gRPC: any way in can drive it."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from dataclasses import replace
from functools import partial

import google_crc32c

from cloud_server.core import Core, as_speech_error
from cloud_server.finals import Final, SegmentKey
from cloud_server.interim import Hear
from cloud_server.questions import Transcription
from cloud_server.session import Session
from cloud_server.session_commands import Close, Command, Drop, Guess, Report, Search, Send, Transcribe
from cloud_server.telemetry.tracing import SessionTraces
from protos import messages as m
from protos.errors import Cancelled, DeadlineExceeded, QuotaExceeded, SpeechError, TakenOver

log = logging.getLogger(__name__)

TICK_S = 1.0
# A reader this far behind is not reading: 256 answers are more than an hour of speech.
MAX_UNREAD_RESPONSES = 256


class Stream:
    """Make one for each session; iterate `run` once."""

    def __init__(
        self,
        core: Core,
        starved_s: float,
        first_message_s: float,
        clock: Callable[[], float] = time.monotonic,
        tenant: str = "local",
        traceparent: str = "",
    ) -> None:
        """traceparent: of the call; a segment's own goes before it."""
        self._tenant = tenant
        self._traces = SessionTraces(core.tracing, traceparent)
        self.id = secrets.token_hex(8)
        self._core = core
        self._clock = clock
        self._first_message_s = first_message_s
        self._session = Session(m.Session(), core.offer, starved_s)
        self._out: asyncio.Queue[m.Response | Close] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._working: dict[int, tuple[SegmentKey, m.Result]] = {}
        """Recognised, waiting for hits."""
        self._guesses: dict[int, tuple[Guess, asyncio.Task[Transcription | None]]] = {}
        """Of open segments that paused, the latest."""
        self.ended = asyncio.Event()
        self._opened = asyncio.Event()
        """A segment is unanswered, or was when somebody last looked."""

    def end(self, error: SpeechError) -> None:
        """Refuse what is unanswered and end the stream with `error`; nothing if it has ended."""
        self._do(self._session.abandon(error))

    @property
    def unread_responses(self) -> int:
        return self._out.qsize()

    async def run(self, requests: AsyncIterator[m.Request]) -> AsyncGenerator[m.Response, None]:
        """Responses until both sides are done. Raises: SpeechError: what ended the session early."""
        self._spawn(self._read(requests))
        self._spawn(self._tick())
        try:
            while True:
                item = await self._out.get()
                if isinstance(item, Close):
                    if item.error is not None:
                        raise item.error
                    return
                yield item
        finally:
            self.end(Cancelled("the client went away"))
            for segment_id in list(self._guesses):
                self._forget_guess(segment_id)
            for segment_task in list(self._tasks):
                segment_task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._core.metrics.edges.left(self.id)
            self._core.sessions.leave(self._session.identity, self, self._clock())
            self.ended.set()

    def drain(self, reconnect_in_s: float, reason: str) -> None:
        """Tell the client to go elsewhere; what it has started is finished."""
        self._do(self._session.drain(reconnect_in_s, reason))

    async def _read(self, requests: AsyncIterator[m.Request]) -> None:
        try:
            # The timeout is for the first message alone: silence later on is what a VAD makes.
            async with asyncio.timeout(self._first_message_s):
                first = await anext(requests, None)
            if first is not None:
                await self._identify(first)
                self._do(self._session.receive(first, self._clock()))
                async for request in requests:
                    self._traces.heard(request)
                    self._do(self._session.receive(request, self._clock()))
                    if self._session.unanswered:
                        self._opened.set()
            self._do(self._session.half_closed())
        except TimeoutError:
            self.end(DeadlineExceeded(f"no message came in the first {self._first_message_s:g} s of the stream"))
        except SpeechError as error:
            self.end(error)

    async def _identify(self, first: m.Request) -> None:
        """A session of its own, or the one its token leads to: the newest connection wins, and the older one is told."""
        token = first.resume_token if isinstance(first, m.StreamingConfig) else ""
        self._session.identity, previous = await self._core.sessions.open(token, self, self._tenant, self._clock())
        if previous is not None:
            previous.end(TakenOver("a newer connection resumed this session"))

    async def _tick(self) -> None:
        """Only while a segment is unanswered: a stream on which nobody speaks must cost next to nothing."""
        while True:
            await self._opened.wait()
            await asyncio.sleep(TICK_S)
            self._do(self._session.tick(self._clock()))
            if not self._session.unanswered:
                self._opened.clear()

    def _do(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case Send(response, priority):
                    self._send(response, priority)
                case Hear():
                    self._spawn(self._hear(command))
                case Guess():
                    self._forget_guess(command.segment.segment_id)
                    self._guesses[command.segment.segment_id] = command, asyncio.create_task(self._core.guess(command.segment, command.hints))
                case Transcribe():
                    self._spawn(self._transcribe(command))
                case Search():
                    self._spawn(self._search(command))
                case Drop(segment_id):
                    self._forget_guess(segment_id)
                    self._core.cancel(self.id, segment_id)
                case Report(report):
                    self._core.metrics.edges.reported(self.id, report)
                case Close():
                    self._out.put_nowait(command)

    def _send(self, response: m.Response, priority: m.Priority) -> None:
        if isinstance(response, m.Result | m.Reject) and priority is not m.Priority.UNSPECIFIED:
            self._core.metrics.answered(response, priority, self._traces.answered(response))
        if isinstance(response, m.Reject):
            response = self._named(response)
        self._out.put_nowait(response)
        if self._out.qsize() >= MAX_UNREAD_RESPONSES:
            self.end(QuotaExceeded(f"{MAX_UNREAD_RESPONSES} responses wait for a client that does not read them"))

    def _named(self, reject: m.Reject) -> m.Reject:
        """With an id that the client can tell an operator; the log has it too, and never the words."""
        named = replace(reject, correlation_id=reject.correlation_id or secrets.token_hex(6))
        log.debug("segment %d ends with %s (%s)", named.segment_id, named.reason.name, named.correlation_id)
        return named

    async def _hear(self, command: Hear) -> None:
        config = self._session.config
        result = None if config is None else await self._core.hear(self.id, command, config.catalogue, config.max_hits)
        if result is not None:
            self._do(self._session.heard(result))

    async def _transcribe(self, command: Transcribe) -> None:
        segment_id = command.segment.segment_id
        key = SegmentKey(self._session.identity.session_id, segment_id, google_crc32c.value(command.segment.pcm))
        early = self._guessed(command)
        known = await self._core.answers.find(key, self._session.identity, self._tenant, self._clock())
        try:
            heard = None
            if known:
                result = known.result
                self._core.metrics.duplicates.inc()
            else:
                result, heard = await self._core.recognize(
                    self.id, command.segment, command.priority, command.deadline_s, command.max_alternatives, command.hints, self._tenant, early
                )
        except Exception as error:
            correlation_id = secrets.token_hex(6)
            self._do(self._session.failed(segment_id, as_speech_error(error, correlation_id), correlation_id))
        else:
            self._working[segment_id] = key, result
            commands = self._session.decoded(segment_id, result, heard)
            if result.final_reason is not m.FinalReason.RECOGNIZED:
                self._keep(segment_id, None)  # no commands may mean that it waits for earlier segments
            elif not commands:
                del self._working[segment_id]  # answered otherwise meanwhile
            self._do(commands)

    async def _search(self, command: Search) -> None:
        key, _ = self._working[command.segment_id]
        known = self._core.answers.remembered(key, self._clock())
        if known is not None and known.results is not None:
            results = known.results
        else:
            observe = self._observer(command.segment_id)
            results = await self._core.search(command.segment_id, command.heard, command.catalogue, command.max_hits, observe)
        self._keep(command.segment_id, results)
        self._do(self._session.searched(command.segment_id, results))

    def _guessed(self, command: Transcribe) -> asyncio.Task[Transcription | None] | None:
        """What was begun when the segment paused, if it has ended there and asks for the same."""
        guess, task = self._guesses.pop(command.segment.segment_id, (None, None))
        if task is None or guess == Guess(command.segment, command.hints):
            return task
        task.cancel()
        return None

    def _forget_guess(self, segment_id: int) -> None:
        _, task = self._guesses.pop(segment_id, (None, None))
        if task is not None:
            task.cancel()

    def _observer(self, segment_id: int) -> Callable[[str], None] | None:
        """None, unless this server keeps feedback and this session agrees to it."""
        config, feedback = self._session.config, self._core.feedback
        if not feedback.keeps or config is None or config.data_use is None or not config.data_use.allow_retention:
            return None
        return partial(feedback.remember, self._session.identity.session_id, segment_id, config.subject_id)

    def _keep(self, segment_id: int, results: m.SearchResults | None) -> None:
        key, result = self._working.pop(segment_id)
        self._core.answers.keep(key, self._session.identity, self._tenant, Final(result, results), self._clock())

    def _spawn(self, coroutine: Coroutine[object, None, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        """A bug in one of our tasks ends the stream aloud; without this the client would wait for ever."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        correlation_id = secrets.token_hex(6)
        told = as_speech_error(error, correlation_id)
        try:
            self._do(self._session.abandon(told, correlation_id))
        finally:
            self._out.put_nowait(Close(told))
