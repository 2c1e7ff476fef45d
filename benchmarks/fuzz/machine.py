"""A hypothesis state machine over the pure session: any message in any order, workers and searches that answer, fail, or answer too late.

What must hold is `watcher`'s; each example ends with everything in flight coming home, and then nothing may be owed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import google_crc32c
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from benchmarks.fuzz.watcher import Watcher, check
from cloud_server.config import Config
from cloud_server.offer import Offer
from cloud_server.session import MAX_OPEN_SEGMENTS, Session
from protos import messages as m
from protos.errors import Cancelled, InternalError, Overloaded, SpeechError

STEPS = 15
STARVED_S = 5.0
HOP_SAMPLES = 100
SMALL = replace(Config().limits, max_segment=0.05, max_chunk_bytes=600)
OFFER = Offer(SMALL, m.ModelInfo("stub", "1", "en"), (m.CatalogueInfo("small", "1", 4, True),), HOP_SAMPLES, True)

IDS = st.sampled_from((1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 0, 2**64 - 1))
WHICH = st.integers(0, 3)
# A stream that is over has little left to get wrong.
SELDOM = st.sampled_from((False,) * 11 + (True,))
SIZES = st.sampled_from((200, 200, 200, 400, 600, 2, 0, 1, 602))
OFFSETS = st.sampled_from((*(0,) * 12, 1, -1, 2, -(2**60), 2**70))
CONFIGS = st.builds(
    m.StreamingConfig,
    catalogue=st.sampled_from(("", "small", "../etc")),
    max_alternatives=st.sampled_from((0, 1, 10, 11, -1)),
    interim_results=st.booleans(),
    phrase_hints=st.sampled_from(((), (m.PhraseHint("pie"),), (m.PhraseHint("", 1.0),), (m.PhraseHint("pie", float("nan")),))),
    encoding=st.sampled_from((m.AudioEncoding.UNSPECIFIED, m.AudioEncoding.LINEAR16, m.AudioEncoding.FLAC)),
    sample_rate_hertz=st.sampled_from((0, 0, 16000, 8000)),
)
FINE = st.builds(m.StreamingConfig, interim_results=st.booleans(), enable_word_time_offsets=st.booleans())
UPDATES = st.builds(
    m.SessionUpdate,
    catalogue=st.sampled_from((None, "", "small", "none")),
    phrase_hints=st.sampled_from((None, m.PhraseHints((m.PhraseHint("pie"),)), m.PhraseHints((m.PhraseHint("x" * 201),)))),
    data_use=st.sampled_from((None, m.DataUse(True))),
)
WORDS = m.Result(final_reason=m.FinalReason.RECOGNIZED, alternatives=(m.Hypothesis("pie", 0.9),), is_final=True)
SILENCE = m.Result(final_reason=m.FinalReason.NO_SPEECH, is_final=True)
FAILURES = st.sampled_from((InternalError("internal error 1"), Overloaded("60 s are queued", 0.5), Cancelled("taken back")))


class StreamMachine(RuleBasedStateMachine):
    session_class: ClassVar[type[Session]] = Session

    def __init__(self) -> None:
        super().__init__()
        self.session = self.session_class(m.Session("s", "t"), OFFER, STARVED_S)
        self.watcher = Watcher()
        self.now_s = 0.0
        self.sent: dict[int, list[m.AudioChunk]] = {}
        """What the client sent of each segment that is open as far as it knows."""

    @initialize(config=FINE, strange=CONFIGS, how=st.sampled_from((*("fine",) * 10, "strange", "silent")))
    def begins(self, config: m.StreamingConfig, strange: m.StreamingConfig, how: str) -> None:
        """Most sessions begin as they should, or nothing after it would be tried."""
        if how != "silent":
            self._say(config if how == "fine" else strange)

    @rule(config=CONFIGS, is_wanted=SELDOM)
    def configures_again(self, config: m.StreamingConfig, is_wanted: bool) -> None:
        if is_wanted:
            self._say(config)

    @rule(moves=st.lists(st.sampled_from(("start", "speak", "speak", "end", "hear", "find")), min_size=2, max_size=8), which=WHICH)
    def goes_on(self, moves: list[str], which: int) -> None:
        """As it should: without this, chance alone brings hardly a segment to its end."""
        for move in moves:
            if move == "start":
                self._start(m.SegmentStart(self._last + 1))
            elif move == "speak" and self.sent:
                self._speak(nth(self.sent, which), 200, 0, 0)
            elif move == "end" and self.sent:
                self._end(nth(self.sent, which), 0, 0)
            elif move == "hear" and self.watcher.transcribing:
                self._hear(nth(self.watcher.transcribing, which), WORDS)
            elif move == "find" and self.watcher.searching:
                self._find(nth(self.watcher.searching, which))

    @rule(
        step=st.sampled_from((*(1,) * 10, 2, 2, 0, -1)),
        priority=st.sampled_from(m.Priority),
        capture_start=st.sampled_from((*(0,) * 10, 160, 160, -1, 2**80)),
        deadline=st.sampled_from((*(None,) * 10, 1.0, 0.0)),
    )
    def starts(self, step: int, priority: m.Priority, capture_start: int, deadline: float | None) -> None:
        self._start(m.SegmentStart(self._last + step, capture_start, 0, priority, deadline))

    @precondition(lambda self: self.sent)
    @rule(which=WHICH, bytes_=SIZES, off=OFFSETS, skip=SELDOM)
    def speaks(self, which: int, bytes_: int, off: int, skip: bool) -> None:
        """Mostly what should come next of a segment."""
        self._speak(nth(self.sent, which), bytes_, off, int(skip))

    @precondition(lambda self: self.sent)
    @rule(which=WHICH, lie=SELDOM, flip=SELDOM)
    def ends(self, which: int, lie: bool, flip: bool) -> None:
        self._end(nth(self.sent, which), int(lie), int(flip))

    @precondition(lambda self: self.sent)
    @rule(which=WHICH, lie=SELDOM, flip=SELDOM)
    def pauses(self, which: int, lie: bool, flip: bool) -> None:
        id_ = nth(self.sent, which)
        pcm = b"".join(chunk.data for chunk in self.sent[id_])
        self._say(m.SegmentPause(id_, len(pcm) // m.BYTES_PER_SAMPLE + int(lie), google_crc32c.value(pcm) ^ int(flip)))

    @rule(which=WHICH, seq=st.integers(0, 2), bytes_=SIZES, is_end=st.booleans(), is_strange=SELDOM)
    def babbles(self, which: int, seq: int, bytes_: int, is_end: bool, is_strange: bool) -> None:
        """Audio or the end of a segment that may be over; seldom of one that never was."""
        if not self.watcher.started and not is_strange:
            return
        id_ = 99 if is_strange else nth(self.watcher.started, which)
        self.sent.pop(id_, None)
        self._say(m.SegmentEnd(id_, sample_count=seq) if is_end else m.AudioChunk(id_, seq, 0, bytes(bytes_)))

    @rule(
        request=st.builds(m.CancelSegment, IDS)
        | st.builds(m.SegmentPause, IDS)
        | UPDATES
        | st.just(m.KeepAlive())
        | st.builds(m.EdgeReport, captured=st.floats())
    )
    def says_something_else(self, request: m.Request) -> None:
        self._say(request)

    @precondition(lambda self: self.watcher.transcribing)
    @rule(which=WHICH, result=st.sampled_from((WORDS, WORDS, SILENCE)))
    def is_heard(self, which: int, result: m.Result) -> None:
        self._hear(nth(self.watcher.transcribing, which), result)

    @rule(id_=IDS)
    def is_heard_too_late(self, id_: int) -> None:
        """What a worker says of a segment that is over, or never was."""
        if id_ not in self.watcher.unanswered:
            self._watch(self.session.decoded, id_, replace(WORDS, segment_id=id_))
            self._watch(self.session.searched, id_, m.SearchResults(id_))

    @rule(id_=IDS)
    def is_heard_so_far(self, id_: int) -> None:
        self._watch(self.session.heard, m.Result(id_, alternatives=(m.Hypothesis("pi"),)))

    @precondition(lambda self: self.watcher.searching)
    @rule(which=WHICH)
    def is_found(self, which: int) -> None:
        self._find(nth(self.watcher.searching, which))

    @rule(id_=IDS, error=FAILURES)
    def fails(self, id_: int, error: SpeechError) -> None:
        self._watch(self.session.failed, id_, error)

    @rule(seconds=st.sampled_from((0.1, 1.0, STARVED_S + 0.1)))
    def waits(self, seconds: float) -> None:
        self.now_s += seconds
        self._watch(self.session.tick, self.now_s)

    @rule(how=st.sampled_from(("drain", "half_close", "abandon", *("nothing",) * 15)))
    def leaves(self, how: str) -> None:
        if how == "drain":
            self._watch(self.session.drain, 1.0, "restart")
        elif how == "half_close":
            self._watch(self.session.half_closed)
        elif how == "abandon":
            self._watch(self.session.abandon, Cancelled("the client went away"))

    @invariant()
    def nothing_is_forgotten(self) -> None:
        owed = [] if self.session.closed else self.watcher.unanswered
        check(self.session.unanswered == len(owed), f"the session holds {self.session.unanswered} unanswered segments, {len(owed)} are owed")
        check(len(self.session._open) <= MAX_OPEN_SEGMENTS, "too many segments are open")
        check(self.session.closed == self.watcher.closed, "closed without saying so")

    def teardown(self) -> None:
        """The client has finished, and every worker answers: nothing may be owed, and the stream ends."""
        self._watch(self.session.half_closed)
        for id_ in sorted(self.watcher.transcribing):
            self._hear(id_, WORDS)
            self._find(id_)
        check(self.watcher.closed, "the stream does not end")
        check(not self.watcher.unanswered, f"{self.watcher.unanswered} were never answered")

    @property
    def _last(self) -> int:
        return self.watcher.started[-1] if self.watcher.started else 0

    def _start(self, start: m.SegmentStart) -> None:
        if self.session.config is not None and not self.session.closed and start.segment_id > self._last:
            self.watcher.started.append(start.segment_id)
            self.sent[start.segment_id] = []
        self._say(start)

    def _speak(self, id_: int, bytes_: int, off: int, skip: int) -> None:
        chunks = self.sent[id_]
        heard = sum(len(chunk.data) for chunk in chunks) // m.BYTES_PER_SAMPLE
        start = 0 if not chunks else chunks[0].capture_offset
        chunks.append(m.AudioChunk(id_, len(chunks) + skip, start + heard + off, bytes([id_ % 256]) * bytes_))
        self._say(chunks[-1])

    def _end(self, id_: int, lie: int, flip: int) -> None:
        pcm = b"".join(chunk.data for chunk in self.sent.pop(id_))
        count = len(pcm) // m.BYTES_PER_SAMPLE + lie
        commands = self._say(m.SegmentEnd(id_, m.EndReason.SILENCE, count, google_crc32c.value(pcm) ^ flip))
        if id_ in self.watcher.transcribing and commands:
            check(self.watcher.transcribing[id_].pcm == pcm, f"a worker got other samples of segment {id_} than were sent")
            check(not lie and not flip, f"segment {id_} was taken although its end lies")

    def _hear(self, id_: int, result: m.Result) -> None:
        if id_ not in self.watcher.searching:
            self._watch(self.session.decoded, id_, replace(result, segment_id=id_))

    def _find(self, id_: int) -> None:
        self._watch(self.session.searched, id_, m.SearchResults(id_, duration=0.01))

    def _say(self, request: m.Request) -> list[Any]:
        return self._watch(self.session.receive, request, self.now_s)

    def _watch(self, step: Callable[..., list[Any]], *arguments: object) -> list[Any]:
        commands = step(*arguments)
        self.watcher.watch(commands)
        return commands


def nth(ids: Iterable[int], which: int) -> int:
    found = sorted(ids)
    return found[which % len(found)]


def run_machine(examples: int, first_seed: int, machine: type[RuleBasedStateMachine] = StreamMachine, phases: Sequence[Phase] = tuple(Phase)) -> None:
    """Raises: Broken, or whatever the session raised: with the smallest example hypothesis finds, printed, if `phases` has it look for that."""

    class Seeded(machine):  # type: ignore[valid-type,misc]
        pass

    seed(first_seed)(Seeded)
    everything = list(HealthCheck)
    run_state_machine_as_test(
        Seeded,
        settings=settings(
            max_examples=examples, stateful_step_count=STEPS, deadline=None, database=None, suppress_health_check=everything, phases=phases
        ),
    )
