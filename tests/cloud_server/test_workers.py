"""Real processes, real crashes, one outcome each."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path

import numpy as np
import pytest

from cloud_server import workers
from cloud_server.listening import Forget, Listen
from cloud_server.questions import Transcription
from cloud_server.schedule import Schedule
from cloud_server.telemetry.pool_watch import PoolWatch
from cloud_server.telemetry.queue_metrics import EARLY, MODEL_LOADS, RENEWALS
from cloud_server.worker_process import Fit, Listeners, RecogniserSpec, Reply, Request, fit
from cloud_server.workers import WorkerPool
from models.records import Partial, Recognition, Sounds
from protos.errors import Cancelled, ConfigurationError, DeadlineExceeded, Draining, InternalError, InvalidAudio, Overloaded, SpeechError
from protos.messages import PhraseHint, Priority
from tests import fakes

restarts: list[int] = []
early: list[str] = []


class Heard(PoolWatch):
    """What became of models and workers that were to be loaded or renewed."""

    def __init__(self) -> None:
        self.outcomes: list[str] = []

    def model_loaded(self, outcome: str) -> None:
        assert outcome in MODEL_LOADS
        self.outcomes.append(outcome)

    def renewed(self, outcome: str) -> None:
        assert outcome in RENEWALS
        self.outcomes.append(outcome)


class CountedRestarts(PoolWatch):
    def restarted(self) -> None:
        restarts.append(1)

    def early(self, outcome: str) -> None:
        assert outcome in EARLY
        early.append(outcome)

    def confirmed(self, audio_s: float, busy_s: float) -> None:
        assert busy_s >= 0
        early.append(f"used {audio_s:g} s")


@contextlib.asynccontextmanager
async def pool_of(count: int = 1, crash_flag: str = "", max_queued_audio_s: float = 60) -> AsyncIterator[WorkerPool]:
    restarts.clear()
    early.clear()
    spec = RecogniserSpec("tests.fakes:make_stub", (crash_flag,))
    pool = WorkerPool(spec, Schedule(max_queued_audio_s, count), watch=CountedRestarts())
    assert (await pool.start()).model_id == "stub"
    try:
        yield pool
    finally:
        await pool.stop(1.0)


async def ask(pool: WorkerPool, first: int, number: int = 1, deadline_s: float | None = None) -> Transcription:
    segment = fakes.speech(1600, first)
    return await pool.recognize(("stream", number), segment, 0.1, Priority.LIVE, deadline_s, ())


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
    pool = WorkerPool(RecogniserSpec("cloud_server.worker_process:load_recogniser", ("/no/such/bundle",)), Schedule(60, 1), watch=(watch := Heard()))
    with pytest.raises(ConfigurationError, match="/no/such/bundle"):
        await pool.start()
    assert watch.outcomes == ["refused"]


@pytest.mark.parametrize(
    ("factory", "words"),
    [
        ("make_slow_stub", r"harken-worker-[12] was not ready within 0.2 s and was ended: .* --workers, or allow more with --worker-start-s$"),
        ("make_dying_stub", r"harken-worker-[12] ended with exit code 3 before it was ready: "),
    ],
)
async def test_a_worker_that_never_comes_up_is_said_at_the_start_and_nothing_is_left_of_any(factory: str, words: str) -> None:
    start_timeout_s = 0.2 if factory == "make_slow_stub" else 60.0
    pool = WorkerPool(RecogniserSpec(f"tests.fakes:{factory}"), Schedule(60, 2), watch=(watch := Heard()), start_timeout_s=start_timeout_s)
    with pytest.raises(ConfigurationError, match=words):
        await pool.start()
    assert watch.outcomes == ["late" if factory == "make_slow_stub" else "died"] * 2
    assert [worker._process.is_alive() for worker in pool._workforce._workers if worker._process] == [False, False]


async def hear(pool: WorkerPool, first: int, number: int = 1, heard_samples: int = 0) -> Partial | None:
    return await pool.hear(("stream", number), 0, heard_samples, fakes.speech(1600, first).pcm)


async def test_an_open_segment_is_heard_part_by_part_and_its_final_result_knows_nothing_of_it() -> None:
    async with pool_of(2) as pool:
        assert pool.hop_samples == fakes.StubRecogniser.hop_samples
        partials = [await hear(pool, 5, heard_samples=1600 * part) for part in range(3)]
        assert [partial.stable for partial in partials if partial] == [0, 1, 2]
        done = await ask(pool, 5)
        assert done.recognition.alternatives[0].transcript == fakes.transcript_of(fakes.speech(1600, 5).pcm)
        assert len(pool._listening) == 0
        assert await hear(pool, 5, heard_samples=4800) is None, "it has ended"


async def test_a_part_that_nobody_had_time_for_is_replaced_by_the_next_and_dropped_at_the_end() -> None:
    async with pool_of() as pool:
        hanging = asyncio.create_task(ask(pool, fakes.HANG, 9))
        while pool._schedule.queued_audio_s() or not pool._waiting:  # noqa: ASYNC110 - the worker has taken it
            await asyncio.sleep(0)
        first, second = asyncio.create_task(hear(pool, 5)), asyncio.create_task(hear(pool, 5, heard_samples=1600))
        assert await first is None
        pool.cancel(("stream", 1))
        assert await second is None
        waiting = asyncio.create_task(hear(pool, 5, 2))
        await asyncio.sleep(0)
        await pool.stop(0.0)
        assert await waiting is None
        assert await hear(pool, 5, 3) is None
        with pytest.raises(Draining):
            await hanging


async def test_whole_segments_go_first() -> None:
    async with pool_of() as pool:
        order: list[str] = []
        busy = asyncio.create_task(ask(pool, 1, 1))
        while pool._schedule.queued_audio_s() or not pool._waiting:  # noqa: ASYNC110 - the worker has taken it
            await asyncio.sleep(0)
        partial = asyncio.create_task(hear(pool, 5, 2))
        partial.add_done_callback(lambda _: order.append("part"))
        await asyncio.sleep(0)
        whole = [asyncio.create_task(ask(pool, number, number)) for number in (3, 4)]
        for task in whole:
            task.add_done_callback(lambda _: order.append("whole"))
        await asyncio.gather(busy, partial, *whole)
        assert order == ["whole", "whole", "part"]


@pytest.mark.parametrize("first", [fakes.CRASH, fakes.HANG, fakes.RAISE])
async def test_a_part_that_breaks_costs_its_segment_the_interim_results_and_nobody_an_answer(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "BESIDE_HANG_S", 0.2)
    async with pool_of() as pool:
        broken, other = await asyncio.gather(hear(pool, first, 1), ask(pool, 5, 2))
        assert broken is None
        assert len(pool._listening) == (first == fakes.RAISE), "what a dead worker had heard is nobody's any more"
        assert other.recognition.alternatives
        assert await hear(pool, 5, 1, heard_samples=1600) is None
        assert (await ask(pool, 5, 1)).recognition.alternatives
        assert restarts == ([] if first == fakes.RAISE else [1])


def test_listeners_end_with_their_segments() -> None:
    listeners = Listeners(fakes.StubRecogniser())
    pcm = fakes.speech(1600).pcm
    assert listeners.answer(Listen(("s", 1), 0, 0, pcm)).partial is not None
    assert listeners.answer(Listen(("s", 2), 0, 1600, pcm)).partial is None, "its beginning was never heard"
    assert len(listeners) == 1
    listeners.answer(Forget((("s", 1), ("s", 7))))
    assert len(listeners) == 0


def test_a_recogniser_of_whole_segments_does_not_listen() -> None:
    class Whole:
        def recognize(self, pcm: bytes, start_sample: int) -> Recognition:
            raise NotImplementedError

    listeners = Listeners(Whole())
    assert listeners.hop_samples == 0
    assert listeners.answer(Listen(("s", 1), 0, 0, b"ab")).partial is None


SOUNDS = Sounds("phones", "ab", np.full((1, 1), 2.0, np.float16))


async def test_a_worker_holds_titles_against_the_audio() -> None:
    async with pool_of() as pool:
        assert await pool.fit(SOUNDS, ["ab", "abc"]) == (-4.0, -6.0)
        await pool.stop(1.0)
        assert await pool.fit(SOUNDS, ["ab"]) is None


@pytest.mark.parametrize(("phrase", "lost"), [("raise", 0), ("crash", 1)])
async def test_a_fit_that_fails_costs_the_order_of_hits_and_nobody_an_answer(phrase: str, lost: int) -> None:
    async with pool_of() as pool:
        assert await pool.fit(SOUNDS, [phrase]) is None
        assert (await ask(pool, 5)).recognition.alternatives
        assert len(restarts) == lost


async def test_titles_go_before_whole_segments_and_whoever_gave_up_costs_nothing() -> None:
    """The one worker is busy: what waits is taken in that order, and of two fits the cancelled one is never asked (it would crash)."""
    order: list[str] = []

    async def noted(name: str, waiting: Awaitable[object]) -> None:
        await waiting
        order.append(name)

    async with pool_of() as pool:
        busy = asyncio.create_task(ask(pool, 1, 1))
        await asyncio.sleep(0)
        segment = asyncio.create_task(noted("segment", ask(pool, 2, 2)))
        given_up = asyncio.create_task(pool.fit(SOUNDS, ["crash"]))
        await asyncio.sleep(0)
        given_up.cancel()
        so_far = asyncio.create_task(noted("fit of an open segment", pool.fit(SOUNDS, ["ab"], is_final=False)))
        await asyncio.gather(busy, segment, so_far, noted("fit", pool.fit(SOUNDS, ["ab"])))
    assert order == ["fit", "segment", "fit of an open segment"]
    assert not restarts


def test_a_recogniser_that_cannot_fit_says_so() -> None:
    class Whole:
        def recognize(self, pcm: bytes, start_sample: int) -> Recognition:
            raise NotImplementedError

    assert fit(Whole(), Fit(SOUNDS.log_probs, ("ab",))).fits is None


async def test_hints_reach_the_recogniser_with_their_segment() -> None:
    async with pool_of() as pool:
        assert pool.takes_hints
        done = await pool.recognize(("stream", 1), fakes.speech(1600, 5), 0.1, Priority.LIVE, None, (PhraseHint("ragout"),))
        plain = await ask(pool, 5, 2)
    assert done.recognition.alternatives[0].transcript == "ragout"
    assert plain.recognition.alternatives[0].transcript == fakes.transcript_of(fakes.speech(1600, 5).pcm)


async def test_what_is_shed_for_another_tenant_is_answered_at_once() -> None:
    def send(pool: WorkerPool, tenant: str, number: int, audio_s: float, first: int = 5) -> asyncio.Task[Transcription]:
        segment = fakes.speech(1600, first)
        return asyncio.create_task(pool.recognize((tenant, number), segment, audio_s, Priority.LIVE, None, (), tenant))

    async with pool_of(max_queued_audio_s=10) as pool:
        running = send(pool, "loud", 1, 1, fakes.HANG)
        while pool._schedule.queued_audio_s() or not pool._waiting:  # noqa: ASYNC110 - the worker has taken it
            await asyncio.sleep(0)
        first, last = send(pool, "loud", 2, 5), send(pool, "loud", 3, 5)
        await asyncio.sleep(0)
        quiet = send(pool, "quiet", 1, 4)
        with pytest.raises(Overloaded) as refusal:
            await last
        assert refusal.value.retry_after_s is not None
        assert not first.done()
        assert not quiet.done()
        await pool.stop(0.0)
        assert all(isinstance(outcome, Draining) for outcome in await asyncio.gather(running, first, quiet, return_exceptions=True))


@pytest.mark.timeout(60)
async def test_a_cancellation_that_is_swallowed_with_an_answer_does_not_keep_the_server_from_stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    async with pool_of() as pool:
        (worker,), asked = pool._workforce._workers, asyncio.Event()
        really_ask = worker.ask

        async def swallow(request: Request, timeout_s: float) -> Reply:
            """As asyncio.wait_for before Python 3.12 where both come at once."""
            asked.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            return await really_ask(request, timeout_s)

        monkeypatch.setattr(worker, "ask", swallow)
        speaking = asyncio.create_task(ask(pool, 1))
        await asked.wait()
        await pool.stop(0.01)
        with pytest.raises(Draining):
            await speaking
