"""Source -> VAD -> segmenter -> transport, and answers back in order: exactly one outcome for each segment, whatever becomes of the connection."""

from __future__ import annotations

import asyncio
import platform
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from importlib.metadata import version

from edge_client.backlog import Backlog
from edge_client.chunks import Chunker
from edge_client.config import INTERIM_CHUNK_MS, Config
from edge_client.gate import SpeechGate
from edge_client.keeper import Keeper, open_spool
from edge_client.ledger import Ledger, SegmentOutcome
from edge_client.missed import MissedSpeech
from edge_client.outbox import SegmentRequest
from edge_client.reports import Reports, Totals
from edge_client.segmenter import SegmentEnded, Segmenter, SegmentEvent, SegmentStarted
from edge_client.sources import Source
from edge_client.spool import Spool
from edge_client.summary import Summary
from edge_client.tracing import Tracing, tracing_to
from edge_client.transport import Transport
from edge_client.vad import Vad
from protos import messages as m
from protos.errors import PermissionDenied, SpeechError, Unauthenticated, Unreachable

# A program that was stopped, by Ctrl-Z or by a pager nobody scrolls, first reads what arrived meanwhile; then the server may be late.
CATCH_UP_S = 0.25
# A turn of the loop for each frame was a tenth of what listening costs; a source that never waits itself must let others in all the same.
TURN_FRAMES = 5


class EdgeSession:
    """One source against one server: iterate `outcomes` once, then read `summary`."""

    def __init__(
        self,
        source: Source,
        config: Config,
        on_interim: Callable[[m.Result], None] | None = None,
        on_earlier: Callable[[SegmentOutcome], None] | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        """on_interim: told what was heard so far of a segment still being spoken; None: nobody asks for it. on_earlier: told the
        outcomes of what earlier runs left in the spool."""
        self._source, self._config, self._on_interim, self._on_earlier = source, config, on_interim, on_earlier
        self._vad, self._gate = Vad(config.vad), SpeechGate(config.vad)
        self._segmenter = Segmenter(config.segmenter)
        interim_results = on_interim is not None or config.adaptive is not None
        chunk_ms = min(config.transport.chunk_ms, INTERIM_CHUNK_MS) if interim_results else config.transport.chunk_ms
        self._tracing = tracing or tracing_to(config.traces)
        self._chunker = Chunker(chunk_ms, self._vad.info, source.device, trace=self._tracing.begin, pauses=not source.can_wait)
        client = m.ClientInfo("harken-edge", version("harken"), platform.platform(), source.device)
        self._wish = m.StreamingConfig(
            client=client,
            catalogue=config.catalogue,
            max_alternatives=config.max_alternatives,
            phrase_hints=tuple(map(m.PhraseHint, config.hints)),
            interim_results=interim_results,
            enable_word_time_offsets=True,
        )
        self._transport = Transport(config.transport, self._wish)
        self._keeper, self._ledger = Keeper(None), Ledger()
        self._changed, self._room = asyncio.Event(), asyncio.Event()
        self._captured = self._voiced = self._segments = self._rejected = 0
        self._notices: list[str] = []
        self._missed = MissedSpeech()
        self._reports = Reports(time.monotonic(), has_spool=config.spool is not None)
        self._capturing: asyncio.Task[object] | None = None
        self._stopped = self._receiving_is_over = False
        self._failure: SpeechError | None = None

    async def outcomes(self) -> AsyncGenerator[SegmentOutcome, None]:
        """In segment order, each as soon as it and all before it are answered; asking for the next one says that this one was taken.

        Raises: ConfigurationError, InvalidAudio: the source or the spool cannot be used; what was sent before is answered first.
        Unauthenticated, PermissionDenied: the server does not let this client in, and will not.
        """
        spool = open_spool(self._config.spool, self._config.transport.max_unanswered_bytes)
        self._keeper = Keeper(spool)
        earlier = asyncio.create_task(self._catch_up(spool))
        capture = asyncio.create_task(self._capture())
        receive = asyncio.create_task(self._receive())
        capture.add_done_callback(lambda _: self._changed.set())
        try:
            while not (capture.done() and (self._receiving_is_over or self._ledger.is_empty)):
                if not await self._something_changed():
                    self._failure = Unreachable(f"the server did not answer within {self._config.transport.answer_timeout_s:g} s")
                    receive.cancel()
                    await asyncio.wait([receive])
                if self._receiving_is_over:
                    self._give_up()
                for outcome in self._complete():
                    yield outcome
                    self._settle(outcome)
            self._give_up()
            for outcome in self._complete():
                yield outcome
                self._settle(outcome)
            await capture  # its error, if it had one
            await earlier
            self._notices += self._keeper.notices()
            if not receive.done():
                await asyncio.wait([receive], timeout=1.0)  # the server closes after our half-close
            if receive.done() and not receive.cancelled():
                receive.result()  # what is no SpeechError is a bug of ours, to be seen
            if isinstance(self._failure, Unauthenticated | PermissionDenied):
                raise self._failure
        finally:
            for task in (capture, receive, earlier):
                task.cancel()
            await asyncio.gather(capture, receive, earlier, return_exceptions=True)
            await self._keeper.close()
            await asyncio.to_thread(self._tracing.close)

    def stop(self) -> None:
        """The user has finished, before `outcomes` began or after: an open segment ends here, and `outcomes` ends once everything is answered."""
        self._stopped = True
        if self._capturing is not None:
            self._capturing.cancel()

    @property
    def reconnects(self) -> int:
        return self._transport.reconnects

    @property
    def summary(self) -> Summary:
        sent_bytes, rate = self._transport.sent_bytes, m.SAMPLE_RATE_HZ
        heard_and_sent = self._captured / rate, self._voiced / rate, sent_bytes / m.BYTES_PER_SAMPLE / rate
        return Summary(*heard_and_sent, sent_bytes, self._segments, self._rejected, tuple(self._notices))

    async def _capture(self) -> None:
        """Runs ahead of the connection: speech is kept from the first frame on."""
        # Not before: a task cancelled before its first step never reaches the handler below.
        self._capturing = asyncio.current_task()
        if self._stopped and self._capturing is not None:
            self._capturing.cancel()
        reason = m.EndReason.SOURCE_ENDED
        try:
            async with aclosing(self._source.frames()) as frames:
                async for frame in frames:
                    if self._hear(frame) or frame.start_sample // m.FRAME_SAMPLES % TURN_FRAMES == 0:
                        await self._wait_for_room()
                        await asyncio.sleep(0)  # a file is read faster than the network drains
        except asyncio.CancelledError:
            if not self._stopped:
                raise
            reason = m.EndReason.USER_STOPPED
        finally:
            for event in self._segmenter.finish(reason):
                self._take(event)
            self._missed.finish()
            self._transport.end_input(self._report)

    def _hear(self, frame: m.AudioFrame) -> bool:
        """True: there is something to send."""
        is_voiced = self._vad.is_voiced(frame)
        voiced = self._gate.decide(frame.pcm, is_voiced, self._segmenter.is_open)
        samples = len(frame.pcm) // m.BYTES_PER_SAMPLE
        self._captured += samples
        self._voiced += samples if voiced else 0
        sent = [self._take(event) for event in self._segmenter.push(frame, voiced)]
        self._missed.hear(frame.start_sample, samples, is_voiced=is_voiced, is_sent=self._segmenter.is_open)
        if time.monotonic() >= self._reports.last_s + self._config.transport.report_every_s:
            self._transport.say(self._report())
        return any(sent)

    def _take(self, event: SegmentEvent) -> bool:
        if isinstance(event, SegmentStarted):
            self._ledger.open(event.segment_id, event.start_sample)
            self._missed.sent_from(event.start_sample)
            self._reports.opened(event.segment_id, time.monotonic())
            self._segments += 1
        requests = self._chunker.push(event)
        for request in requests:
            assert isinstance(request, SegmentRequest)  # noqa: S101 - a chunker makes nothing else
            self._lose(self._transport.send(request))
            self._lose(self._keeper.keep(request))  # before the loop turns, and so before anything is on its way
        if isinstance(event, SegmentEnded):
            self._ledger.close(event.segment_id, event.end_sample, time.monotonic())
            self._changed.set()
        return bool(requests)

    def _lose(self, segment_ids: Iterable[int]) -> None:
        limit = self._config.transport.max_unanswered_bytes
        for segment_id in segment_ids:
            self._transport.drop(segment_id)
            self._keeper.settle(segment_id)
            message = f"no room for speech without an answer: {limit} bytes are allowed, and the oldest segment goes first"
            self._ledger.lose(m.Reject(segment_id, m.RejectReason.SPOOL_FULL, None, message), time.monotonic())

    def _settle(self, outcome: SegmentOutcome) -> None:
        """Speech that was not answered stays in the spool: the next run sends it again."""
        self._transport.settle(outcome.segment_id)
        if not (isinstance(outcome.answer, m.Reject) and outcome.answer.reason is m.RejectReason.UNAVAILABLE):
            self._keeper.settle(outcome.segment_id)

    async def _catch_up(self, spool: Spool | None) -> None:
        if spool is None:
            return
        backlog = Backlog(spool, self._config.transport, self._wish)
        async with aclosing(backlog.outcomes()) as outcomes:
            async for outcome in outcomes:
                self._reports.recovered(outcome)
                if self._on_earlier is not None:
                    self._on_earlier(outcome)
        self._notices += backlog.notices

    async def _wait_for_room(self) -> None:
        """A file at full speed would fill the server's queue, and be refused; nobody loses anything if it is read a little later."""
        limit = self._config.transport.max_unanswered_s * m.SAMPLE_RATE_HZ
        while self._source.can_wait and self._ledger.unanswered_samples > limit and not self._receiving_is_over:
            self._room.clear()
            await self._room.wait()

    async def _receive(self) -> None:
        try:
            async with aclosing(self._transport.responses()) as responses:
                async for response in responses:
                    self._react(response)
                    self._changed.set()
                    self._room.set()
        except SpeechError as error:
            self._failure = error
            if isinstance(error, Unauthenticated | PermissionDenied):
                self.stop()  # nothing that is said now could be answered
        finally:
            self._receiving_is_over = True
            self._changed.set()
            self._room.set()

    def _react(self, response: m.Response) -> None:
        match response:
            case m.Result(is_final=True) | m.Reject():
                self._ledger.answer(response, time.monotonic())
            case m.Result():
                self._hear_of(response)
            case m.SearchResults():
                self._ledger.found(response, time.monotonic())
            case m.Notice():
                self._notices.append(response.message)
            case m.GoAway():
                self._notices.append(f"the server asked to reconnect in {response.reconnect_in:g} s: {response.reason}")

    def _hear_of(self, interim: m.Result) -> None:
        self._reports.interim(interim.segment_id, time.monotonic())
        adaptive = self._config.adaptive
        if adaptive is not None and interim.complete is not None:
            self._segmenter.adapt(interim.segment_id, adaptive.complete_ms if interim.complete else adaptive.incomplete_ms)
        if self._on_interim is not None:
            self._on_interim(interim)

    async def _something_changed(self) -> bool:
        """False: a closed segment waits, and the server has been silent for longer than it may."""
        try:
            async with asyncio.timeout(self._patience_s()):
                await self._changed.wait()
        except TimeoutError:
            return self._ledger.miss_hits(time.monotonic() - self._config.transport.hits_timeout_s + CATCH_UP_S)
        self._changed.clear()
        return True

    def _patience_s(self) -> float | None:
        """None: nothing waits, or there is no connection, and the transport's own time limits hold."""
        connected_s, limits = self._transport.connected_s, self._config.transport
        if connected_s is None or self._receiving_is_over:
            return None
        ends_s = self._ledger.patience_ends_s(connected_s, limits.answer_timeout_s, limits.hits_timeout_s)
        return None if ends_s is None else max(CATCH_UP_S, ends_s - time.monotonic())

    def _give_up(self) -> None:
        error = self._failure or Unreachable("the server ended the session before it answered")
        self._ledger.give_up(error.message, time.monotonic())

    def _complete(self) -> list[SegmentOutcome]:
        outcomes = self._ledger.take()
        for outcome in outcomes:
            self._reports.shown(outcome)
            self._tracing.end(outcome)
        self._rejected += sum(isinstance(outcome.answer, m.Reject) for outcome in outcomes)
        return outcomes

    def _report(self) -> m.EdgeReport:
        """What happened since the last one."""
        transport, now_s, oldest_s = self._transport, time.monotonic(), self._ledger.oldest_unanswered_s
        totals = Totals(
            *(self._captured, self._voiced, self._missed.samples, transport.accepted_bytes, self._source.overruns),
            *(transport.reconnects, transport.reconnects_asked, transport.connect_failures, self._keeper.lost_earlier),
        )
        now = m.EdgeReport(
            microphone_state=self._source.state,
            spooled_segments=transport.outbox.segments,
            spooled_bytes=transport.outbox.audio_bytes,
            oldest_unanswered=None if oldest_s is None else now_s - oldest_s,
        )
        return self._reports.take(now_s, totals, now)
