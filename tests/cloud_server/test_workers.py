"""Real processes, real crashes, one outcome each."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud_server import workers
from cloud_server.schedule import Schedule
from cloud_server.worker_process import RecogniserSpec
from cloud_server.workers import Transcription, WorkerPool
from protos.errors import Cancelled, ConfigurationError, DeadlineExceeded, Draining, InternalError, InvalidAudio, Overloaded, SpeechError
from protos.messages import Priority
from tests import fakes

restarts: list[int] = []


@contextlib.asynccontextmanager
async def pool_of(count: int = 1, crash_flag: str = "", max_queued_audio_s: float = 60) -> AsyncIterator[WorkerPool]:
    restarts.clear()
    spec = RecogniserSpec("tests.fakes:make_stub", (crash_flag,))
    pool = WorkerPool(spec, Schedule(max_queued_audio_s, count), on_restart=lambda: restarts.append(1))
    assert (await pool.start()).model_id == "stub"
    try:
        yield pool
    finally:
        await pool.stop(1.0)


async def ask(pool: WorkerPool, first: int, number: int = 1, deadline_s: float | None = None) -> Transcription:
    segment = fakes.speech(1600, first)
    return await pool.recognize(("stream", number), segment, 0.1, Priority.LIVE, deadline_s, 1)


async def test_segments_get_their_own_answers_from_several_workers() -> None:
    async with pool_of(2) as pool:
        done = await asyncio.gather(*(ask(pool, first, first) for first in range(1, 21)))
    texts = [transcription.recognition.alternatives[0].transcript for transcription in done]
    assert texts == [fakes.transcript_of(fakes.speech(1600, first).pcm) for first in range(1, 21)]


@pytest.mark.parametrize(
    ("first", "error", "words"),
    [
        (fakes.RAISE, InternalError, "^recognition failed$"),
        (fakes.RETURN_NOTHING, InternalError, "returned NoneType"),
        (fakes.HOLLOW, InternalError, "no alternatives"),
        (fakes.REFUSE, InvalidAudio, "sample 7 is not a number"),
    ],
)
async def test_a_failing_model_fails_its_segment_and_no_other(first: int, error: type[SpeechError], words: str) -> None:
    async with pool_of() as pool:
        bad, good = await asyncio.gather(ask(pool, first, 1), ask(pool, 5, 2), return_exceptions=True)
    assert isinstance(bad, error)
    assert isinstance(good, Transcription)
    with pytest.raises(error, match=words):
        raise bad
    assert restarts == []


async def test_a_crash_is_retried_once_and_costs_nobody_an_answer(tmp_path: Path) -> None:
    async with pool_of(1, str(tmp_path / "crashed")) as pool:
        crashed, other = await asyncio.gather(ask(pool, fakes.CRASH_ONCE, 1), ask(pool, 5, 2))
    assert crashed.recognition.alternatives
    assert other.recognition.alternatives
    assert restarts == [1]


async def test_a_segment_that_kills_two_workers_ends_alone() -> None:
    async with pool_of() as pool:
        killer, other = await asyncio.gather(ask(pool, fakes.CRASH, 1), ask(pool, 5, 2), return_exceptions=True)
    assert isinstance(killer, InternalError)
    assert "2 times" in killer.message
    assert isinstance(other, Transcription)
    assert restarts == [1, 1]


async def test_a_worker_that_hangs_is_ended_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "HANG_BASE_S", 0.2)
    async with pool_of() as pool:
        hung, other = await asyncio.gather(ask(pool, fakes.HANG, 1), ask(pool, 5, 2), return_exceptions=True)
    assert isinstance(hung, InternalError)
    assert isinstance(other, Transcription)


async def test_waiting_segments_are_refused_at_their_deadline_cancelled_or_shed() -> None:
    async with pool_of(1, max_queued_audio_s=0.25) as pool:
        hanging = asyncio.create_task(ask(pool, fakes.HANG, 1))
        while pool._schedule.queued_audio_s() or not pool._waiting:  # noqa: ASYNC110 - the worker has taken it
            await asyncio.sleep(0)
        late = asyncio.create_task(ask(pool, 5, 2, deadline_s=pool._clock() + 0.01))
        unwanted = asyncio.create_task(ask(pool, 5, 3))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded, match=r"0\.2 s of audio are queued"):
            await ask(pool, 5, 4)
        pool.cancel(("stream", 3))
        with pytest.raises(Cancelled):
            await unwanted
        with pytest.raises(DeadlineExceeded):
            await late
        assert len(pool._schedule) == 0
        stopping = asyncio.create_task(pool.stop(0.0))
        with pytest.raises(Draining):
            await hanging
        with pytest.raises(Draining):
            await ask(pool, 5, 5)
        await stopping


async def test_a_recogniser_that_cannot_be_built_is_said_at_the_start() -> None:
    pool = WorkerPool(RecogniserSpec("cloud_server.worker_process:load_recogniser", ("/no/such/bundle",)), Schedule(60, 1))
    with pytest.raises(ConfigurationError, match="/no/such/bundle"):
        await pool.start()
