"""One outcome for each segment, in order, whatever comes in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_server.config import Config
from cloud_server.interim import Hear
from cloud_server.offer import Offer
from cloud_server.search.heard import Heard
from cloud_server.session import Session
from cloud_server.session_commands import Close, Command, Drop, Report, Search, Send, Transcribe
from protos import messages as m
from protos.errors import InternalError, NotFound, ProtocolError
from tests.fakes import MODEL, requests_of, speech

OFFER = Offer(Config().limits, MODEL, (m.CatalogueInfo("recipes", "1", 150, True),))
WORDS = (m.Hypothesis("apple pie", 0.8),)


def new_session() -> Session:
    return Session(m.Session("id", "token"), OFFER, starved_s=15.0)


def configured() -> Session:
    session = new_session()
    session.receive(m.StreamingConfig(), 0.0)
    return session


def feed(session: Session, *segments: m.Segment, priority: m.Priority = m.Priority.LIVE) -> list[Command]:
    return [command for segment in segments for request in requests_of(segment, priority) for command in session.receive(request, 0.0)]


def segment(number: int) -> m.Segment:
    return replace(speech(2000, number), segment_id=number)


def final(number: int, reason: m.FinalReason = m.FinalReason.RECOGNIZED) -> m.Result:
    return m.Result(number, reason, WORDS if reason is m.FinalReason.RECOGNIZED else (), is_final=True)


def outcomes(commands: list[Command]) -> list[tuple[str, int]]:
    responses = [command.response for command in commands if isinstance(command, Send)]
    return [(type(response).__name__, response.segment_id) for response in responses if isinstance(response, m.Result | m.Reject)]


def test_a_session_is_answered_with_what_was_settled() -> None:
    session = new_session()
    assert session.receive(m.StreamingConfig(), 0.0) == [Send(m.Session("id", "token", OFFER.limits, MODEL))]
    assert session.config is not None
    assert session.config.catalogue == "recipes"


def test_a_wish_that_has_no_effect_is_said_and_not_swallowed() -> None:
    opening, *notices = new_session().receive(m.StreamingConfig(interim_results=True, phrase_hints=(m.PhraseHint("ragout"),)), 0.0)
    assert isinstance(opening, Send)
    assert [command.response.message.split()[0] for command in notices if isinstance(command, Send) and isinstance(command.response, m.Notice)] == [
        "interim_results",
        "phrase_hints",
    ]


def listening() -> Session:
    """Interim results wished for, and another one worth its while each 1,000 samples."""
    session = Session(m.Session("id", "token"), replace(OFFER, interim_hop_samples=1000), starved_s=15.0)
    assert session.receive(m.StreamingConfig(interim_results=True), 0.0)[1:] == [], "no notice: they have an effect"
    return session


def interim(number: int, text: str, stable_words: int = 0) -> m.Result:
    words = tuple(m.Word(word) for word in text.split())
    return m.Result(number, alternatives=(m.Hypothesis(text, words=words),), stable_words=stable_words)


def test_an_open_segment_is_heard_each_time_another_hop_has_come() -> None:
    session = listening()
    commands = [command for request in requests_of(segment(1), chunk_bytes=1200) for command in session.receive(request, 0.0)]
    heard = [command for command in commands if isinstance(command, Hear)]
    assert [(part.heard_samples, len(part.pcm) // 2) for part in heard] == [(0, 1200), (1200, 800)]
    assert b"".join(part.pcm for part in heard) == segment(1).pcm
    assert isinstance(commands[-1], Transcribe)


def test_who_did_not_ask_or_catches_up_gets_no_interim_results() -> None:
    silent = Session(m.Session("id", "token"), replace(OFFER, interim_hop_samples=1000), starved_s=15.0)
    silent.receive(m.StreamingConfig(), 0.0)
    assert not any(isinstance(command, Hear) for command in feed(silent, segment(1)))
    assert not any(isinstance(command, Hear) for command in feed(listening(), segment(1), priority=m.Priority.CATCHUP))


def test_interim_results_are_sent_while_the_segment_is_open_and_only_if_they_say_something_new() -> None:
    session = listening()
    *open_segment, end = requests_of(segment(1))
    for request in open_segment:
        session.receive(request, 0.0)
    assert session.heard(interim(1, "")) == []
    (first,) = session.heard(interim(1, "apple"))
    assert first == Send(m.Result(1, alternatives=(m.Hypothesis("apple"),))), "words' times were not asked for"
    assert session.heard(interim(1, "apple")) == []
    assert len(session.heard(interim(1, "apple", stable_words=1))) == 1
    session.receive(end, 0.0)
    assert session.heard(interim(1, "apple pie")) == []
    assert session.heard(interim(7, "of nothing")) == []
    assert [name for name, _ in outcomes(session.decoded(1, final(1, m.FinalReason.NO_SPEECH)))] == ["Result"]


def test_a_segment_goes_from_chunks_to_words_to_hits() -> None:
    session = configured()
    *accepted, work = feed(session, segment(1))
    assert accepted == [Send(m.SegmentAccepted(1))]
    assert work == Transcribe(segment(1), m.Priority.LIVE, None, 3)
    assert session.decoded(1, final(1)) == [Search(1, Heard(WORDS), "recipes", 5)]
    hits = m.SearchResults(1, outcome=m.SearchOutcome.FOUND, duration=0.002)
    first, second = session.searched(1, hits)
    assert first == Send(replace(final(1), stage_timings=(m.StageTiming("search", 0.002),)), m.Priority.LIVE)
    assert second == Send(hits)
    assert session.unanswered == 0


def test_a_segment_without_words_is_not_searched() -> None:
    session = configured()
    feed(session, segment(1))
    assert session.decoded(1, final(1, m.FinalReason.NO_SPEECH)) == [Send(final(1, m.FinalReason.NO_SPEECH), m.Priority.LIVE)]


def test_a_later_answer_waits_for_an_earlier_one() -> None:
    session = configured()
    feed(session, segment(1), segment(2))
    assert outcomes(session.decoded(2, final(2, m.FinalReason.NO_SPEECH))) == []
    assert outcomes(session.decoded(1, final(1, m.FinalReason.NO_SPEECH))) == [("Result", 1), ("Result", 2)]


def test_answers_leave_in_the_order_of_segment_id_whatever_the_priority() -> None:
    session = configured()
    feed(session, segment(1), priority=m.Priority.CATCHUP)
    feed(session, segment(2))
    assert session.decoded(2, final(2, m.FinalReason.NO_SPEECH)) == []
    assert outcomes(session.decoded(1, final(1, m.FinalReason.NO_SPEECH))) == [("Result", 1), ("Result", 2)]


def test_a_deadline_counts_from_the_end_of_the_segment() -> None:
    session = configured()
    start, *rest = requests_of(segment(1))
    session.receive(replace(start, deadline=2.5), 10.0)
    work = [command for request in rest for command in session.receive(request, 12.0)][-1]
    assert isinstance(work, Transcribe)
    assert work.deadline_s == 14.5


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda r: [r[0], replace(r[1], seq=5), *r[2:]], m.RejectReason.PROTOCOL),
        (lambda r: [*r[:-1], replace(r[-1], crc32c=1)], m.RejectReason.CHECKSUM),
        (lambda r: [r[0], replace(r[1], data=b"odd"), *r[2:]], m.RejectReason.INVALID_AUDIO),
        (lambda r: [replace(r[0], deadline=-1.0), *r[1:]], m.RejectReason.INVALID_REQUEST),
        (lambda r: [*r[:2], m.CancelSegment(1), *r[2:]], m.RejectReason.CANCELLED),
        (lambda r: [*r, m.CancelSegment(1)], m.RejectReason.CANCELLED),
    ],
    ids=["missing chunk", "wrong checksum", "odd bytes", "bad start", "cancelled while open", "cancelled while decoding"],
)
def test_a_broken_segment_is_rejected_once_and_the_next_one_works(spoil: object, reason: m.RejectReason) -> None:
    session = configured()
    commands = [command for request in spoil(requests_of(segment(1))) for command in session.receive(request, 0.0)]  # type: ignore[operator]
    rejects = [command.response for command in commands if isinstance(command, Send) and isinstance(command.response, m.Reject)]
    assert [(reject.segment_id, reject.reason) for reject in rejects] == [(1, reason)]
    assert Drop(1) in commands
    assert session.decoded(1, final(1)) == [], "a late result does not make a second outcome"
    assert isinstance(feed(session, segment(2))[-1], Transcribe)


@pytest.mark.parametrize(
    "breach",
    [
        [m.SegmentStart(1)],
        [m.StreamingConfig(), m.StreamingConfig()],
        [m.StreamingConfig(), m.SegmentStart(0)],
        [m.StreamingConfig(), m.SegmentStart(3), m.SegmentStart(3)],
        [m.StreamingConfig(), m.SegmentStart(3), m.SegmentStart(2)],
        [m.StreamingConfig(), m.AudioChunk(9, 0, 0, b"ab")],
        [m.StreamingConfig(), m.SegmentEnd(9)],
    ],
)
def test_what_breaks_the_session_closes_it_with_a_reason(breach: list[m.Request]) -> None:
    session = new_session()
    commands = [command for request in breach for command in session.receive(request, 0.0)]
    closed = commands[-1]
    assert isinstance(closed, Close)
    assert isinstance(closed.error, ProtocolError)
    assert session.receive(m.SegmentStart(7), 0.0) == []


def test_a_wish_that_cannot_be_met_closes_the_session() -> None:
    (close,) = new_session().receive(m.StreamingConfig(catalogue="songs"), 0.0)
    assert isinstance(close, Close)
    assert isinstance(close.error, NotFound)


def test_half_close_answers_everything_and_then_ends() -> None:
    session = configured()
    feed(session, segment(1))
    session.receive(m.SegmentStart(2), 0.0)
    commands = session.half_closed()
    assert outcomes(commands) == [], "segment 2 is refused, but not before segment 1 is answered"
    commands += session.decoded(1, final(1, m.FinalReason.NO_SPEECH))
    assert outcomes(commands) == [("Result", 1), ("Reject", 2)]
    assert commands[-1] == Close(None)


def test_draining_finishes_what_was_started_and_takes_nothing_new() -> None:
    session = configured()
    feed(session, segment(1))
    assert session.drain(1.0, "restart") == [Send(m.GoAway(1.0, "restart"))]
    assert session.drain(1.0, "restart") == []
    assert outcomes(session.receive(m.SegmentStart(2), 0.0)) == []
    commands = session.failed(1, InternalError("x"))
    assert outcomes(commands) == [("Reject", 1), ("Reject", 2)]
    assert commands[-1] == Close(None)


def test_a_starved_segment_is_given_up() -> None:
    session = configured()
    session.receive(m.SegmentStart(1), 100.0)
    assert session.tick(115.0) == []
    (drop, reject) = session.tick(115.1)
    assert drop == Drop(1)
    assert isinstance(reject, Send)
    assert isinstance(reject.response, m.Reject)
    assert reject.response.reason is m.RejectReason.STARVED


def test_too_many_open_segments_are_refused_in_band() -> None:
    session = configured()
    for number in range(1, 5):
        session.receive(m.SegmentStart(number), 0.0)
    session.receive(m.SegmentStart(5), 0.0)
    rejects = outcomes([command for number in range(1, 5) for command in session.receive(m.CancelSegment(number), 0.0)])
    assert rejects == [("Reject", number) for number in range(1, 6)]


def test_an_update_changes_what_it_names_and_a_bad_one_nothing() -> None:
    session = configured()
    assert session.receive(m.SessionUpdate(data_use=m.DataUse(True, "v1")), 0.0) == []
    assert session.receive(m.SessionUpdate(phrase_hints=m.PhraseHints((m.PhraseHint("ragout"),))), 0.0) == []
    (notice,) = session.receive(m.SessionUpdate(catalogue="songs"), 0.0)
    assert isinstance(notice, Send)
    assert isinstance(notice.response, m.Notice)
    assert session.config is not None
    assert session.config.data_use == m.DataUse(True, "v1")
    assert session.config.phrase_hints == (m.PhraseHint("ragout"),)
    assert session.config.catalogue == "recipes"


def test_reports_reach_the_metrics_and_keep_alives_nobody() -> None:
    session = configured()
    assert session.receive(m.EdgeReport(reconnects=1), 0.0) == [Report(m.EdgeReport(reconnects=1))]
    assert session.receive(m.KeepAlive(), 0.0) == []


event = st.one_of(
    st.tuples(st.just("send"), st.integers(1, 6), st.sampled_from(["whole", "half", "bad"])),
    st.tuples(st.sampled_from(["decoded", "empty", "searched", "failed", "cancel", "heard"]), st.integers(1, 6), st.just("")),
    st.tuples(st.sampled_from(["tick", "drain"]), st.just(0), st.just("")),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(event, max_size=40))
def test_every_start_has_exactly_one_outcome_in_the_order_of_the_starts(events: list[tuple[str, int, str]]) -> None:
    session = listening()
    started: list[int] = []
    commands: list[Command] = []
    for step, (kind, number, how) in enumerate(events):
        now_s = step * 2.0
        if kind == "send" and number > max(started, default=0) and not session.closed:
            requests = requests_of(segment(number))
            requests = {"whole": requests, "half": requests[:-1], "bad": [*requests[:-1], replace(requests[-1], crc32c=1)]}[how]  # type: ignore[type-var]
            started.append(number)
            commands += [command for request in requests for command in session.receive(request, now_s)]
        elif kind == "heard":
            session.heard(interim(number, "apple", step))
        elif kind == "decoded":
            commands += session.decoded(number, final(number))
        elif kind == "empty":
            commands += session.decoded(number, final(number, m.FinalReason.NO_SPEECH))
        elif kind == "searched":
            commands += session.searched(number, m.SearchResults(number))
        elif kind == "failed":
            commands += session.failed(number, InternalError("x"))
        elif kind == "cancel":
            commands += session.receive(m.CancelSegment(number), now_s)
        elif kind == "tick":
            commands += session.tick(now_s)
        elif kind == "drain":
            commands += session.drain(1.0, "restart")
    commands += session.half_closed()
    for number in started:
        commands += session.failed(number, InternalError("still open at the end"))
    assert [number for _, number in outcomes(commands)] == started
    assert [command for command in commands if isinstance(command, Close)] == [Close(None)]


def test_hints_go_with_every_segment_and_may_change_in_mid_session() -> None:
    session, first, second = configured(), (m.PhraseHint("ragout"),), (m.PhraseHint("risotto", 3.0),)
    session.receive(m.SessionUpdate(phrase_hints=m.PhraseHints(first)), 0.0)
    assert feed(session, segment(1))[-1] == Transcribe(segment(1), m.Priority.LIVE, None, 3, first)
    session.receive(m.SessionUpdate(phrase_hints=m.PhraseHints(second)), 0.0)
    assert feed(session, segment(2))[-1] == Transcribe(segment(2), m.Priority.LIVE, None, 3, second)
