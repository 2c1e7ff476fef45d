"""Workers that take others' places, by themselves and while a pool serves."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from cloud_server.schedule import Schedule
from cloud_server.worker import START_TIMEOUT_S, WorkerDied
from cloud_server.worker_process import RecogniserSpec, Request
from cloud_server.workers import WorkerPool
from cloud_server.workforce import Workforce
from tests import fakes
from tests.cloud_server.test_workers import Heard, ask


async def test_a_worker_is_idle_while_nobody_has_its_turn_and_is_there_again_after_its_death() -> None:
    workforce = Workforce(RecogniserSpec("tests.fakes:make_stub"), 1, START_TIMEOUT_S, watch := Heard())
    assert (await workforce.start()).hop_samples == fakes.StubRecogniser.hop_samples
    (before,) = workforce.pids
    async with workforce.turn(0):
        assert not workforce.has_idle
        os.kill(before, signal.SIGKILL)
        with pytest.raises(WorkerDied):
            await workforce.ask(0, Request(fakes.speech(1600)), 10)
        await workforce.restart(0)
    assert workforce.has_idle
    assert (await workforce.ask(0, Request(fakes.speech(1600)), 10)).recognition is not None
    assert workforce.pids != [before]
    await workforce.stop()
    assert watch.outcomes == ["loaded", "loaded"]


async def test_workers_are_renewed_one_by_one_and_no_segment_is_lost(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("new words")
    pool = WorkerPool(RecogniserSpec("tests.fakes:make_reading_stub"), Schedule(600, 2), watch=(watch := Heard()))
    await pool.start()
    renewing = asyncio.create_task(pool.renew(RecogniserSpec("tests.fakes:make_reading_stub", (str(tmp_path),))))
    heard: list[str] = []
    while not renewing.done():
        done = await asyncio.gather(*(ask(pool, first, first) for first in range(1, 9)))
        heard += [transcription.recognition.alternatives[0].transcript for transcription in done]
    await renewing
    after = await asyncio.gather(*(ask(pool, first, first) for first in range(1, 9)))
    await pool.stop(1.0)
    assert sorted(watch.outcomes) == ["loaded"] * 4 + ["renewed"] * 2
    assert set(heard) <= {"old words", "new words"}
    assert heard[0] == "old words"
    assert {transcription.recognition.alternatives[0].transcript for transcription in after} == {"new words"}


async def test_workers_that_cannot_be_renewed_serve_on(tmp_path: Path) -> None:
    pool = WorkerPool(RecogniserSpec("tests.fakes:make_reading_stub"), Schedule(600, 1), watch=(watch := Heard()))
    await pool.start()
    with pytest.raises(WorkerDied):
        await pool.renew(RecogniserSpec("tests.fakes:make_reading_stub", (str(tmp_path / "nowhere"),)))
    assert (await ask(pool, 1)).recognition.alternatives[0].transcript == "old words"
    await pool.stop(1.0)
    assert watch.outcomes == ["loaded", "died", "failed"]
