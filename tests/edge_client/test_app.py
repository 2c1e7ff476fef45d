"""From a recording to one outcome for each segment, whatever the server does."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
import soundfile

from edge_client.app import EdgeSession
from edge_client.config import AdaptiveConfig, Config, SegmenterConfig, TransportConfig
from edge_client.ledger import SegmentOutcome
from edge_client.sources import AudioFile
from protos import messages as m
from protos.errors import PermissionDenied, Unauthenticated
from tests.edge_client.conftest import FakeServer, found, serve, until


def session_with(address: str, recording: Path, **transport: float) -> EdgeSession:
    return EdgeSession(AudioFile(recording), Config(transport=replace(TransportConfig(address), **transport)))  # type: ignore[arg-type]


async def outcomes_of(session: EdgeSession) -> list[SegmentOutcome]:
    return [outcome async for outcome in session.outcomes()]


async def test_each_segment_arrives_whole_and_gets_its_answer(fake_server: FakeServer, two_queries: Path) -> None:
    session = session_with(fake_server.address, two_queries)
    outcomes = await outcomes_of(session)
    source = soundfile.read(two_queries, dtype="int16")[0]
    assert [outcome.segment_id for outcome in outcomes] == [1, 2]
    for outcome in outcomes:
        assert fake_server.pcm(outcome.segment_id) == source[outcome.start_sample : outcome.end_sample].tobytes()
        assert isinstance(outcome.answer, m.Result)
        assert outcome.answer.alternatives[0].transcript == f"{outcome.end_sample - outcome.start_sample} samples"
        assert outcome.results is not None
        assert outcome.results.hits[0].id == "pie"
        assert outcome.end_to_end_s >= 0
    summary = session.summary
    assert summary.captured_seconds == len(source) / 16000
    assert summary.bytes_sent == sum(len(fake_server.pcm(number)) for number in (1, 2))
    assert summary.sent_seconds == summary.bytes_sent / 32000
    assert summary.bytes_saved_ratio == pytest.approx(1 - summary.bytes_sent / (2 * len(source)))
    assert summary.bytes_saved_ratio > 0.4
    assert (summary.segments, summary.rejected) == (2, 0)


async def test_the_session_says_who_it_is_and_reports_at_the_end(fake_server: FakeServer, two_queries: Path) -> None:
    session = session_with(fake_server.address, two_queries)
    await outcomes_of(session)
    config, *_, report = fake_server.requests
    assert isinstance(config, m.StreamingConfig)
    assert config.client is not None
    assert config.client.name == "harken-edge"
    assert isinstance(report, m.EdgeReport)
    assert report.captured == pytest.approx(session.summary.captured_seconds)
    assert report.bytes_sent == session.summary.bytes_sent
    assert report.bytes_sent + report.bytes_saved == round(session.summary.captured_seconds * 32000)
    assert report.microphone_state is m.MicrophoneState.NOT_USED
    assert report.period is not None
    assert report.period > 0
    assert (report.finals, report.lost, len(report.end_to_end)) == (2, 0, 2)
    assert report.oldest_unanswered is None
    assert report.speech_missed is not None
    starts = [request for request in fake_server.requests if isinstance(request, m.SegmentStart)]
    assert starts[0].vad is not None
    assert starts[0].vad.name == "webrtc"


async def test_speech_before_the_connection_is_up_is_not_lost(two_queries: Path) -> None:
    """The server begins to listen only after everything was captured: longer than any connect delay."""
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    session = session_with(f"127.0.0.1:{port}", two_queries)
    asking = asyncio.create_task(outcomes_of(session))
    await until(lambda: session._transport._ended)
    fake = FakeServer()
    server = await serve(fake, port)
    outcomes = await asking
    source = soundfile.read(two_queries, dtype="int16")[0]
    for outcome in outcomes:
        assert fake.pcm(outcome.segment_id) == source[outcome.start_sample : outcome.end_sample].tobytes()
    assert session.summary.rejected == 0
    await server.stop(0)


async def test_a_server_that_is_not_there_is_one_reject_for_each_segment(two_queries: Path) -> None:
    session = session_with("127.0.0.1:1", two_queries, connect_timeout_s=0.2)
    outcomes = await outcomes_of(session)
    assert [type(outcome.answer) for outcome in outcomes] == [m.Reject, m.Reject]
    assert isinstance(outcomes[0].answer, m.Reject)
    assert outcomes[0].answer.reason is m.RejectReason.UNAVAILABLE
    assert "no server answers at 127.0.0.1:1" in outcomes[0].answer.message
    assert (session.summary.rejected, session.summary.bytes_sent) == (2, 0)


@pytest.mark.parametrize(("abort_after", "sentence"), [(1, ""), (0, "and 0.2 s of new attempts did not help")])
async def test_a_stream_that_breaks_is_taken_up_again_as_long_as_it_may(
    fake_server: FakeServer, two_queries: Path, abort_after: int, sentence: str
) -> None:
    fake_server.abort_after = abort_after
    session = session_with(fake_server.address, two_queries, outage_timeout_s=0.2 if sentence else 60.0)
    outcomes = await outcomes_of(session)
    assert [outcome.segment_id for outcome in outcomes] == [1, 2]
    assert [type(outcome.answer) for outcome in outcomes] == [m.Reject if sentence else m.Result] * 2
    messages = [outcome.answer.message for outcome in outcomes if isinstance(outcome.answer, m.Reject)]
    assert all(message.endswith(sentence) for message in messages), messages
    # 0.2 s may be over before a busy machine has made a second stream.
    assert sentence or session._transport.reconnects >= 1


async def test_what_a_person_must_change_ends_the_session_at_once(fake_server: FakeServer, two_queries: Path) -> None:
    fake_server.abort_after, fake_server.abort_code = 0, grpc.StatusCode.NOT_FOUND
    outcomes = await outcomes_of(session := session_with(fake_server.address, two_queries))
    assert ["does not have what was asked for" in outcome.answer.message for outcome in outcomes if isinstance(outcome.answer, m.Reject)] == [
        True
    ] * 2
    assert session._transport.reconnects == 0


async def test_a_transcript_stands_without_its_hits(fake_server: FakeServer, two_queries: Path) -> None:
    fake_server.answer = lambda end: found(end)[:1]
    outcomes = await outcomes_of(session_with(fake_server.address, two_queries, hits_timeout_s=0.1))
    assert len(outcomes) == 2
    for outcome in outcomes:
        assert isinstance(outcome.answer, m.Result)
        assert outcome.results is not None
        assert outcome.results.outcome is m.SearchOutcome.UNAVAILABLE


async def test_a_server_that_never_answers_is_given_up(fake_server: FakeServer, two_queries: Path) -> None:
    fake_server.answers_may_go = asyncio.Semaphore(0)
    outcomes = await outcomes_of(session_with(fake_server.address, two_queries, answer_timeout_s=0.2))
    assert [outcome.answer.reason for outcome in outcomes if isinstance(outcome.answer, m.Reject)] == [m.RejectReason.UNAVAILABLE] * 2


async def test_empty_and_rejected_answers_are_outcomes_too(fake_server: FakeServer, two_queries: Path) -> None:
    replies: dict[int, m.Response] = {
        1: m.Result(1, m.FinalReason.NO_SPEECH, is_final=True),
        2: m.Reject(2, m.RejectReason.OVERLOADED, 1.0, "busy"),
    }
    fake_server.answer = lambda end: [replies[end.segment_id]]
    session = session_with(fake_server.address, two_queries)
    assert [outcome.answer for outcome in await outcomes_of(session)] == list(replies.values())
    assert session.summary.rejected == 1


async def test_speech_that_cannot_be_held_is_lost_aloud(two_queries: Path) -> None:
    session = session_with("127.0.0.1:1", two_queries, connect_timeout_s=0.2, max_unanswered_bytes=20_000)
    outcomes = await outcomes_of(session)
    assert [outcome.answer.reason for outcome in outcomes if isinstance(outcome.answer, m.Reject)] == [m.RejectReason.SPOOL_FULL] * 2


async def test_reports_carry_what_happened_since_the_last_one(fake_server: FakeServer, two_queries: Path) -> None:
    source = AudioFile(two_queries)
    source.overruns = 3
    session = EdgeSession(source, Config(transport=TransportConfig(fake_server.address, report_every_s=0.0)))
    await outcomes_of(session)
    reports = [request for request in fake_server.requests if isinstance(request, m.EdgeReport)]
    assert len(reports) > 2
    assert sum(report.overruns for report in reports) == 3
    assert sum(report.bytes_sent for report in reports) == session.summary.bytes_sent
    assert sum(report.captured or 0.0 for report in reports) == pytest.approx(session.summary.captured_seconds)


async def test_a_report_tells_a_reconnect_that_was_asked_for_from_one_that_was_not(fake_server: FakeServer, two_queries: Path) -> None:
    fake_server.goes_away = True
    await outcomes_of(session_with(fake_server.address, two_queries))
    reports = [request for request in fake_server.requests if isinstance(request, m.EdgeReport)]
    assert sum(report.reconnects for report in reports) == sum(report.reconnects_asked for report in reports) == 1
    assert sum(report.finals for report in reports) == 2


async def test_attempts_that_find_no_server_are_counted(two_queries: Path) -> None:
    session = session_with("127.0.0.1:1", two_queries, connect_timeout_s=0.2)
    await outcomes_of(session)
    assert session._transport.connect_failures > 0


async def test_a_server_that_is_slow_but_answers_is_waited_for(fake_server: FakeServer, two_queries: Path) -> None:
    """Together longer than the time limit, which is for each answer."""
    fake_server.answers_may_go = asyncio.Semaphore(0)
    session = session_with(fake_server.address, two_queries, answer_timeout_s=0.5)
    asking = asyncio.create_task(outcomes_of(session))
    loop = asyncio.get_running_loop()
    for seconds in (0.35, 0.7):
        loop.call_later(seconds, fake_server.answers_may_go.release)
    assert [type(outcome.answer) for outcome in await asking] == [m.Result, m.Result]


class OpenMicrophone:
    """Says what a recording says, then stays open, as a microphone does."""

    def __init__(self, recording: Path, samples: int, *, can_wait: bool = False) -> None:
        self.device = m.DeviceInfo("open", 16_000, "microphone")
        self.overruns, self.state, self.can_wait = 0, m.MicrophoneState.OK, can_wait
        self.pcm = soundfile.read(recording, dtype="int16")[0][:samples].tobytes()
        self.is_silent = asyncio.Event()

    async def frames(self) -> AsyncGenerator[m.AudioFrame, None]:
        for start in range(0, len(self.pcm), 640):
            yield m.AudioFrame(start // 2, self.pcm[start : start + 640])
        self.is_silent.set()
        await asyncio.Event().wait()


@pytest.mark.parametrize("can_wait", [True, False])
async def test_a_source_that_can_wait_is_read_no_further_ahead_than_the_server_keeps_up(
    fake_server: FakeServer, two_queries: Path, can_wait: bool
) -> None:
    fake_server.answers_may_go = asyncio.Semaphore(0)
    source = OpenMicrophone(two_queries, 1_000_000, can_wait=can_wait)
    session = EdgeSession(source, Config(transport=TransportConfig(fake_server.address, max_unanswered_s=1.0)))
    asking = asyncio.create_task(outcomes_of(session))
    await until(lambda: any(isinstance(request, m.SegmentEnd) for request in fake_server.requests))
    for _ in range(3 * len(source.pcm) // 640):  # a turn of the loop a frame, and more
        await asyncio.sleep(0)
    assert source.is_silent.is_set() is not can_wait
    for _ in range(2):
        fake_server.answers_may_go.release()
    await source.is_silent.wait()
    session.stop()
    assert [type(outcome.answer) for outcome in await asking] == [m.Result, m.Result]


async def test_stopping_in_mid_word_ends_the_segment_and_waits_for_its_answer(fake_server: FakeServer, two_queries: Path) -> None:
    microphone = OpenMicrophone(two_queries, 32_000 + 16_000)
    session = EdgeSession(microphone, Config(transport=TransportConfig(fake_server.address)))
    asking = asyncio.create_task(outcomes_of(session))
    await microphone.is_silent.wait()
    session.stop()
    (outcome,) = await asking
    assert isinstance(outcome.answer, m.Result)
    assert outcome.end_sample == 48_000
    (end,) = [request for request in fake_server.requests if isinstance(request, m.SegmentEnd)]
    assert end.reason is m.EndReason.USER_STOPPED
    assert fake_server.pcm(1) == microphone.pcm[outcome.start_sample * 2 :]


async def test_a_silent_server_costs_a_listener_the_answers_and_not_the_session(fake_server: FakeServer, two_queries: Path) -> None:
    fake_server.answers_may_go = asyncio.Semaphore(0)
    microphone = OpenMicrophone(two_queries, 1_000_000)
    session = EdgeSession(microphone, Config(transport=TransportConfig(fake_server.address, answer_timeout_s=0.2)))
    stream = session.outcomes()
    first, second = await anext(stream), await anext(stream)
    assert isinstance(first.answer, m.Reject)
    assert isinstance(second.answer, m.Reject)
    assert "did not answer within 0.2 s" in second.answer.message
    session.stop()
    assert [outcome async for outcome in stream] == []
    assert session.summary.rejected == 2


@pytest.mark.parametrize("ticks", [0, 1, 2])
async def test_stopping_before_the_first_frame_ends_the_session_cleanly(fake_server: FakeServer, two_queries: Path, ticks: int) -> None:
    """ticks: of the event loop between the start of `outcomes` and the stop; 0 is before it begins."""
    microphone = OpenMicrophone(two_queries, 0)
    session = EdgeSession(microphone, Config(transport=TransportConfig(fake_server.address)))
    if not ticks:
        session.stop()
    asking = asyncio.create_task(outcomes_of(session))
    for _ in range(ticks):
        await asyncio.sleep(0)
    session.stop()
    assert await asking == []
    assert session.summary.rejected == 0


@pytest.mark.parametrize(
    ("adaptive", "complete", "hang_over_ms"),
    [(None, True, 500), (AdaptiveConfig(), True, 260), (AdaptiveConfig(), False, 1200), (AdaptiveConfig(), None, 500)],
)
async def test_the_hang_over_follows_what_the_server_heard_only_where_that_is_wanted(
    two_queries: Path, adaptive: AdaptiveConfig | None, complete: bool | None, hang_over_ms: int
) -> None:
    session, sent = EdgeSession(AudioFile(two_queries), Config(adaptive=adaptive)), 0
    async for frame in AudioFile(two_queries).frames():
        session._hear(frame)
        if session._segmenter.is_open:
            sent += 1
            session._react(m.Result(1, complete=complete))
        elif sent:
            break
    (segment,) = session._ledger._entries.values()
    ended = frame.start_sample + m.FRAME_SAMPLES
    tail = SegmenterConfig().tail_ms * m.SAMPLE_RATE_HZ // 1000
    assert ended - (segment.end_sample - tail) == hang_over_ms * m.SAMPLE_RATE_HZ // 1000


class Endless(AudioFile):
    """A room in which nobody speaks, for ever."""

    async def frames(self) -> AsyncGenerator[m.AudioFrame, None]:
        for number in itertools.count():
            yield m.AudioFrame(number * m.FRAME_SAMPLES, bytes(m.FRAME_SAMPLES * m.BYTES_PER_SAMPLE))


@pytest.mark.parametrize(
    ("code", "error"), [(grpc.StatusCode.UNAUTHENTICATED, Unauthenticated), (grpc.StatusCode.PERMISSION_DENIED, PermissionDenied)]
)
async def test_nobody_is_listened_to_who_will_never_be_answered(
    fake_server: FakeServer, two_queries: Path, code: grpc.StatusCode, error: type[Exception]
) -> None:
    fake_server.turns_away, fake_server.abort_code = True, code
    with pytest.raises(error):
        await outcomes_of(EdgeSession(Endless(two_queries), Config(transport=TransportConfig(fake_server.address))))
