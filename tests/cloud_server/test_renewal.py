"""Workers that take others' places while the pool serves."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cloud_server.schedule import Schedule
from cloud_server.worker import WorkerDied
from cloud_server.worker_process import RecogniserSpec
from cloud_server.workers import WorkerPool
from tests.cloud_server.test_workers import Heard, ask


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
