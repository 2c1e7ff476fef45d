"""A pause that may end a segment: what was said is recognised in it, and counts if the segment did end there."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import google_crc32c
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_server import workers
from cloud_server.assembly import MAX_GUESSED
from cloud_server.session_commands import Close, Guess, Transcribe
from protos import messages as m
from protos.errors import SpeechError
from tests import fakes
from tests.cloud_server.test_session import configured, segment
from tests.cloud_server.test_workers import ask, early, hear, pool_of
from tests.fakes import requests_of


def pause_of(request: m.Request) -> m.SegmentPause:
    assert isinstance(request, m.SegmentEnd)
    return m.SegmentPause(request.segment_id, request.sample_count, request.crc32c)


def test_a_pause_is_guessed_at_and_the_end_is_what_counts() -> None:
    session = configured()
    *spoken, end = requests_of(segment(1))
    for request in spoken:
        session.receive(request, 0.0)
    assert session.receive(pause_of(end), 0.0) == [Guess(segment(1))]
    (transcribe,) = session.receive(end, 0.0)
    assert isinstance(transcribe, Transcribe)
    assert Guess(transcribe.segment, transcribe.hints) == Guess(segment(1))
    assert session.receive(pause_of(end), 0.0) == [], "late, and of no effect"


def test_pauses_without_end_are_not_recognised_without_end() -> None:
    session = configured()
    *spoken, end = requests_of(segment(1))
    for request in spoken:
        session.receive(request, 0.0)
    guesses = [session.receive(pause_of(end), 0.0) for _ in range(10)]
    assert guesses == [[Guess(segment(1))]] * MAX_GUESSED + [[]] * (10 - MAX_GUESSED)
    assert any(isinstance(command, Transcribe) for command in session.receive(end, 0.0))


@settings(deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=60))
def test_what_is_recognised_in_pauses_is_bounded_by_what_was_said(sizes: list[int]) -> None:
    session, pcm, guessed = configured(), b"", 0
    session.receive(m.SegmentStart(1), 0.0)
    for seq, samples in enumerate(sizes):
        session.receive(m.AudioChunk(1, seq, len(pcm) // 2, bytes(2 * samples)), 0.0)
        pcm += bytes(2 * samples)
        commands = session.receive(m.SegmentPause(1, len(pcm) // 2, google_crc32c.value(pcm)), 0.0)
        guessed += sum(len(command.segment.pcm) for command in commands if isinstance(command, Guess))
        assert guessed <= MAX_GUESSED * len(pcm)


@pytest.mark.parametrize("lie", [{"sample_count": 1999}, {"crc32c": 1}, {"sample_count": 0}])
def test_a_pause_that_does_not_match_what_came_has_no_effect(lie: dict[str, int]) -> None:
    session = configured()
    *spoken, end = requests_of(segment(1))
    for request in spoken:
        session.receive(request, 0.0)
    assert session.receive(replace(pause_of(end), **lie), 0.0) == []
    assert any(isinstance(command, Transcribe) for command in session.receive(end, 0.0))


def test_a_backlog_is_not_guessed_at_and_a_pause_of_nothing_ends_the_session() -> None:
    session = configured()
    *spoken, end = requests_of(segment(1), m.Priority.CATCHUP)
    for request in spoken:
        session.receive(request, 0.0)
    assert session.receive(pause_of(end), 0.0) == []
    last = session.receive(m.SegmentPause(7, 1, 1), 0.0)[-1]
    assert isinstance(last, Close)
    assert "segment_pause of segment 7 came without its segment_start" in str(last.error)


async def test_what_may_be_over_is_recognised_as_if_it_were() -> None:
    async with pool_of() as pool:
        guessed = await pool.recognize_early(fakes.speech(1600, 5), 0.1, ())
        done = await ask(pool, 5, 2)
        assert guessed is not None
        assert replace(guessed.recognition, stage_seconds=()) == replace(done.recognition, stage_seconds=())
        assert await hear(pool, 5, 1) is not None
        pool.confirm(("stream", 1), 0.1, guessed)
        assert len(pool._listening) == 0
    assert early == ["begun", "used 0.1 s"]


async def test_what_may_be_over_costs_no_whole_segment_its_turn() -> None:
    async with pool_of() as pool:
        busy = asyncio.create_task(ask(pool, 1, 1))
        while pool._schedule.queued_audio_s() or not pool._waiting:  # noqa: ASYNC110 - the worker has taken it
            await asyncio.sleep(0)
        assert await pool.recognize_early(fakes.speech(1600, 5), 0.1, ()) is None
        await busy
        await pool.stop(0.0)
        assert await pool.recognize_early(fakes.speech(1600, 5), 0.1, ()) is None
    assert early == ["busy", "busy"]


@pytest.mark.parametrize("first", [fakes.CRASH, fakes.HANG, fakes.RAISE, fakes.REFUSE, fakes.HOLLOW])
async def test_a_guess_that_breaks_is_none_and_its_segment_is_told_why(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "HANG_BASE_S", 0.2)
    async with pool_of() as pool:
        assert await pool.recognize_early(fakes.speech(1600, first), 0.1, ()) is None
        with pytest.raises(SpeechError):
            await ask(pool, first, 1)
        assert (await ask(pool, 5, 2)).recognition.alternatives
