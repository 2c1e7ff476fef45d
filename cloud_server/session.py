"""One stream's state machine: facts in, commands out. Pure: no clock, no network, no model; time enters as `now_s`.

A segment passes through these states, and each step is one line of the table:

    (none) --SegmentStart--> OPEN --SegmentEnd--> DECODING --decoded--> SEARCHING --searched--> ANSWERED
              any state before ANSWERED --cancel, breach, failure, starvation, half-close while OPEN, abandon--> ANSWERED with a Reject

Three promises hold whatever comes in, in whatever order:
1. Every SegmentStart is answered exactly once: by a final Result (with its SearchResults if there are words) or by a Reject.
2. Answers leave in the order of segment_id, as the contract says; one that is ready early waits for those before it.
3. A broken segment costs only itself. What ends the stream early (no config first, an id that does not count up, a client that is gone) first refuses
   every segment still unanswered, so that promise 1 holds then too, and only then closes the stream with a status.

Late facts about an answered segment (its remaining chunks, a result that comes after a cancel) are ignored: its outcome stands.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace

from cloud_server.assembly import Assembly
from cloud_server.offer import Offer, as_wished, check_hints
from cloud_server.search.heard import Heard
from cloud_server.session_commands import Close, Command, Drop, Guess, Report, Search, Send, Transcribe
from protos import messages as m
from protos.errors import Cancelled, Draining, ProtocolError, SpeechError, Starved

MAX_OPEN_SEGMENTS = 4
DRAIN_RETRY_AFTER_S = 1.0


@dataclass(slots=True)
class _Answer:
    priority: m.Priority
    responses: list[m.Response] | None = None
    """None until there is an outcome."""
    result: m.Result | None = None
    """Recognised, waiting for its hits."""


@dataclass(slots=True)
class Session:
    identity: m.Session
    """Sent as the answer to the config; limits and model are the offer's."""
    offer: Offer
    starved_s: float
    config: m.StreamingConfig | None = field(default=None, init=False)
    closed: bool = field(default=False, init=False)
    _open: dict[int, Assembly] = field(default_factory=dict, init=False)
    _pending: OrderedDict[int, _Answer] = field(default_factory=OrderedDict, init=False)
    _last_id: int = field(default=0, init=False)
    _hop_samples: int = field(default=0, init=False)
    _half_closed: bool = field(default=False, init=False)
    _draining: bool = field(default=False, init=False)

    @property
    def unanswered(self) -> int:
        return len(self._pending)

    def receive(self, request: m.Request, now_s: float) -> list[Command]:
        """One message of the client."""
        if self.closed:
            return []
        if isinstance(request, m.StreamingConfig):
            return self._configure(request)
        if self.config is None:
            return self.abandon(ProtocolError(f"the first message must be streaming_config, not {type(request).__name__}"))
        match request:
            case m.SegmentStart():
                return self._start(request, now_s)
            case m.AudioChunk():
                return self._audio(request, now_s)
            case m.SegmentPause():
                return self._pause(request)
            case m.SegmentEnd():
                return self._end(request, now_s)
            case m.CancelSegment(segment_id=segment_id):
                return self.failed(segment_id, Cancelled(f"segment {segment_id} was cancelled by the client"))
            case m.SessionUpdate():
                return self._update(request)
            case m.EdgeReport():
                return [Report(request)]
            case m.KeepAlive():
                return []

    def heard(self, result: m.Result) -> list[Command]:
        """A worker's interim result; of a segment that is over it is no news."""
        assembly = self._open.get(result.segment_id)
        news = None if assembly is None else assembly.interim.news(result)
        return [] if news is None or self.config is None else [Send(as_wished(news, self.config))]

    def decoded(self, segment_id: int, result: m.Result, heard: Heard | None = None) -> list[Command]:
        """A worker's final result; with words it is searched before it is sent. heard: all for search; None: the result's own alternatives."""
        answer = self._unanswered(segment_id)
        if answer is None or self.config is None:
            return []
        result = as_wished(result, self.config)
        if result.final_reason is not m.FinalReason.RECOGNIZED:
            return self._answer(answer, [result])
        answer.result = result
        return [Search(segment_id, heard or Heard(result.alternatives), self.config.catalogue, self.config.max_hits)]

    def searched(self, segment_id: int, results: m.SearchResults) -> list[Command]:
        if (answer := self._unanswered(segment_id)) is None or (result := answer.result) is None:
            return []
        if results.duration is not None:
            result = replace(result, stage_timings=(*result.stage_timings, m.StageTiming("search", results.duration)))
        return self._answer(answer, [result, results])

    def failed(self, segment_id: int, error: SpeechError, correlation_id: str = "") -> list[Command]:
        """The segment ends as a Reject, wherever it stood."""
        answer = self._unanswered(segment_id)
        if answer is None:
            return []
        self._open.pop(segment_id, None)
        return [Drop(segment_id), *self._answer(answer, [reject(segment_id, error, correlation_id)])]

    def tick(self, now_s: float) -> list[Command]:
        """Give up on open segments whose audio stopped coming."""
        late = [(id_, now_s - assembly.heard_s) for id_, assembly in self._open.items() if now_s - assembly.heard_s > self.starved_s]
        return [command for id_, silent_s in late for command in self.failed(id_, Starved(f"no audio of segment {id_} came for {silent_s:.1f} s"))]

    def half_closed(self) -> list[Command]:
        """The client sends no more. What it left open is refused, what is being worked on is still answered."""
        if self.closed:
            return []
        self._half_closed = True
        commands = [
            command
            for id_ in list(self._open)
            for command in self.failed(id_, ProtocolError(f"the stream ended before segment_end of segment {id_}"))
        ]
        return commands + self._close_if_done()

    def drain(self, reconnect_in_s: float, reason: str) -> list[Command]:
        """Finish what was started, take nothing new."""
        if self.closed or self._draining:
            return []
        self._draining = True
        return [Send(m.GoAway(reconnect_in_s, reason)), *self._close_if_done()]

    def abandon(self, error: SpeechError, correlation_id: str = "") -> list[Command]:
        """The stream ends now, with `error`: every segment still unanswered is refused for it."""
        if self.closed:
            return []
        self.closed = True
        unanswered = [id_ for id_, answer in self._pending.items() if answer.responses is None]
        for id_ in unanswered:
            self._pending[id_].responses = [reject(id_, error, correlation_id)]
        self._open.clear()
        dropped: list[Command] = [Drop(id_) for id_ in unanswered]
        return [*dropped, *self._flush(), Close(error)]

    def _configure(self, wish: m.StreamingConfig) -> list[Command]:
        if self.config is not None:
            return self.abandon(ProtocolError("streaming_config came twice; use update"))
        try:
            self.config = self.offer.settle(wish)
        except SpeechError as error:
            return self.abandon(error)
        self._hop_samples = self.offer.interim_hop_samples if wish.interim_results else 0
        opening = Send(replace(self.identity, limits=self.offer.limits, model=self.offer.model))
        return [opening, *(Send(m.Notice(m.NoticeLevel.INFO, "NOT_SUPPORTED", text)) for text in self.offer.without_effect(wish))]

    def _start(self, start: m.SegmentStart, now_s: float) -> list[Command]:
        id_ = start.segment_id
        if id_ <= self._last_id:
            return self.abandon(ProtocolError(f"segment_id {id_} came after {self._last_id}; ids count up from 1 and never repeat"))
        self._last_id = id_
        self._pending[id_] = _Answer(m.Priority.CATCHUP if start.priority is m.Priority.CATCHUP else m.Priority.LIVE)
        if self._draining:
            return self.failed(id_, Draining("the server is being restarted", DRAIN_RETRY_AFTER_S))
        if len(self._open) >= MAX_OPEN_SEGMENTS:
            return self.failed(id_, ProtocolError(f"{len(self._open)} segments are open, at most {MAX_OPEN_SEGMENTS} may be"))
        try:
            self._open[id_] = Assembly(start, self.offer.limits, now_s)
        except SpeechError as error:
            return self.failed(id_, error)
        return [Send(m.SegmentAccepted(id_))]

    def _audio(self, chunk: m.AudioChunk, now_s: float) -> list[Command]:
        assembly = self._open.get(chunk.segment_id)
        if assembly is None:
            return self._orphan(chunk.segment_id, "audio")
        try:
            assembly.add(chunk, now_s)
        except SpeechError as error:
            return self.failed(chunk.segment_id, error)
        part = assembly.due(self._hop_samples)
        return [] if part is None else [part]

    def _pause(self, pause: m.SegmentPause) -> list[Command]:
        assembly = self._open.get(pause.segment_id)
        if assembly is None:
            return self._orphan(pause.segment_id, "segment_pause")
        segment = assembly.paused(pause)
        return [] if segment is None or self.config is None else [Guess(segment, self.config.phrase_hints)]

    def _end(self, end: m.SegmentEnd, now_s: float) -> list[Command]:
        assembly = self._open.pop(end.segment_id, None)
        if assembly is None:
            return self._orphan(end.segment_id, "segment_end")
        try:
            segment = assembly.finish(end)
        except SpeechError as error:
            return self.failed(end.segment_id, error)
        assert self.config is not None  # noqa: S101 - receive() lets nothing pass before the config
        deadline = assembly.start.deadline
        due_s = None if deadline is None else now_s + deadline
        return [Transcribe(segment, assembly.priority, due_s, self.config.max_alternatives, self.config.phrase_hints)]

    def _orphan(self, segment_id: int, what: str) -> list[Command]:
        """Rest of a segment that already has its outcome: ignored. Of one that never started: a breach of the session."""
        if segment_id <= self._last_id:
            return []
        return self.abandon(ProtocolError(f"{what} of segment {segment_id} came without its segment_start"))

    def _update(self, update: m.SessionUpdate) -> list[Command]:
        assert self.config is not None  # noqa: S101 - receive() lets nothing pass before the config
        config = self.config
        try:
            if update.catalogue is not None:
                config = replace(config, catalogue=self.offer.catalogue(update.catalogue))
            if update.phrase_hints is not None:
                check_hints(update.phrase_hints.phrase_hints, self.offer.limits)
                config = replace(config, phrase_hints=update.phrase_hints.phrase_hints)
        except SpeechError as error:
            return [Send(m.Notice(m.NoticeLevel.WARNING, "UPDATE_REFUSED", error.message))]
        if update.data_use is not None:
            config = replace(config, data_use=update.data_use)
        self.config = config
        return []

    def _unanswered(self, segment_id: int) -> _Answer | None:
        answer = self._pending.get(segment_id)
        return answer if answer is not None and answer.responses is None else None

    def _answer(self, answer: _Answer, responses: list[m.Response]) -> list[Command]:
        answer.responses = responses
        return [*self._flush(), *self._close_if_done()]

    def _flush(self) -> list[Command]:
        """What can leave now without overtaking an earlier segment."""
        commands: list[Command] = []
        while self._pending:
            id_, answer = next(iter(self._pending.items()))
            if answer.responses is None:
                break
            first, *rest = answer.responses
            commands += [Send(first, answer.priority), *map(Send, rest)]
            del self._pending[id_]
        return commands

    def _close_if_done(self) -> list[Command]:
        if not (self._half_closed or self._draining) or self._pending or self.closed:
            return []
        self.closed = True
        return [Close()]


def reject(segment_id: int, error: SpeechError, correlation_id: str = "") -> m.Reject:
    return m.Reject(segment_id, error.reason, error.retry_after_s, error.message, correlation_id)
