"""What pools say becomes numbers: checked with a real pool, whose workers refuse, crash and answer."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from prometheus_client import CollectorRegistry

from cloud_server.schedule import Job, Schedule
from cloud_server.telemetry.queue_metrics import DROPS, MODEL_LOADS, RENEWALS, WORK, QueueMetrics
from cloud_server.worker_process import RecogniserSpec
from cloud_server.workers import WorkerPool
from protos.errors import DeadlineExceeded, InternalError, SpeechError
from protos.messages import Priority
from tests import fakes


def test_every_label_is_zero_before_anything_happened() -> None:
    registry = CollectorRegistry()
    QueueMetrics(registry)
    assert [registry.get_sample_value("asr_queue_dropped_total", {"reason": why}) for why in DROPS] == [0] * len(DROPS)
    assert [registry.get_sample_value("asr_worker_busy_seconds_total", {"work": work}) for work in WORK] == [0] * len(WORK)


def test_what_waits_is_counted_in_audio_seconds_by_priority() -> None:
    registry = CollectorRegistry()
    metrics, schedule = QueueMetrics(registry), Schedule(60.0)
    schedule.offer(Job(("stream", 1), 3.0, Priority.LIVE))
    schedule.offer(Job(("stream", 2), 2.0, Priority.CATCHUP))
    metrics.queue_changed(schedule)
    assert registry.get_sample_value("asr_queue_queue_audio_seconds", {"priority": "live"}) == 3.0
    assert registry.get_sample_value("asr_queue_queue_audio_seconds", {"priority": "catchup"}) == 2.0
    assert registry.get_sample_value("asr_queue_queue_segments") == 2


async def test_a_real_pool_moves_them() -> None:
    registry = CollectorRegistry()
    pool = WorkerPool(RecogniserSpec("tests.fakes:make_stub"), Schedule(60.0, 1), watch=QueueMetrics(registry))
    await pool.start()

    async def ask(first: int, number: int, deadline_s: float | None = None) -> None:
        with contextlib.suppress(SpeechError):
            await pool.recognize(("stream", number), fakes.speech(1600, first), 0.1, Priority.LIVE, deadline_s, ())

    try:
        await ask(fakes.CRASH, 1)
        await ask(1, 3)
        with pytest.raises(InternalError):
            await pool.recognize(("stream", 2), fakes.speech(1600, fakes.NOT_FINITE), 0.1, Priority.LIVE, None, ())
        with pytest.raises(DeadlineExceeded):
            await pool.recognize(("stream", 4), fakes.speech(1600, 4), 0.1, Priority.LIVE, 0.0, ())
    finally:
        await pool.stop(1.0)
    assert registry.get_sample_value("asr_queue_wait_seconds_count") == 2
    assert registry.get_sample_value("asr_model_rtf_count") == 2
    assert registry.get_sample_value("asr_model_nonfinite_outputs_total") == 1
    assert registry.get_sample_value("asr_queue_poison_total") == 1
    assert registry.get_sample_value("asr_model_restarts_total") == 2
    assert {outcome: registry.get_sample_value("asr_model_loads_total", {"outcome": outcome}) for outcome in MODEL_LOADS} == {
        "loaded": 3, "refused": 0, "late": 0, "died": 0,
    }  # fmt: skip
    assert [registry.get_sample_value("asr_worker_renewals_total", {"outcome": outcome}) for outcome in RENEWALS] == [0, 0]
    assert registry.get_sample_value("asr_queue_dropped_total", {"reason": "deadline"}) == 1


async def test_who_gives_up_while_waiting_is_counted_as_cancelled() -> None:
    registry, seen = CollectorRegistry(), asyncio.Event()

    class Seen(QueueMetrics):
        def queue_changed(self, schedule: Schedule) -> None:
            super().queue_changed(schedule)
            if [job.key for job in schedule._jobs.values()] == [("stream", 2)]:
                seen.set()

    pool = WorkerPool(RecogniserSpec("tests.fakes:make_stub"), Schedule(60.0, 1), watch=Seen(registry))
    await pool.start()
    try:
        holding = asyncio.create_task(pool.recognize(("stream", 1), fakes.speech(1600, fakes.HANG), 0.1, Priority.LIVE, None, ()))
        waiting = asyncio.create_task(pool.recognize(("stream", 2), fakes.speech(1600), 0.1, Priority.LIVE, None, ()))
        await seen.wait()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)
    finally:
        await pool.stop(0.0)
    assert registry.get_sample_value("asr_queue_dropped_total", {"reason": "cancelled"}) == 1
