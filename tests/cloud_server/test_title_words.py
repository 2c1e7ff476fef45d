"""Titles become words that are heard, while the server serves; what cannot be made changes nothing."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cloud_server.schedule import Schedule
from cloud_server.search.catalogue import Document
from cloud_server.title_words import TitleWords, chosen, make_words
from cloud_server.worker_process import RecogniserSpec, load_recogniser
from cloud_server.workers import WorkerPool
from models.bundle import default_bundle_dir
from models.decode.lexicon import read_lexicon
from models.decode.vocabulary import Vocabulary
from protos.messages import Priority
from tests import fakes

SPEC = RecogniserSpec("tests.fakes:make_reading_stub")


@asynccontextmanager
async def followed(scratch: Path) -> AsyncIterator[tuple[WorkerPool, TitleWords, asyncio.Queue[bool]]]:
    """Of the queue: what became of each change."""
    pool, made = WorkerPool(SPEC, Schedule(60, 1)), asyncio.Queue[bool]()
    await pool.start()
    words = TitleWords(pool, SPEC, scratch, scratch, made.put_nowait, fakes.write_words)
    running = asyncio.create_task(words.run())
    yield pool, words, made
    running.cancel()
    await asyncio.wait([running])
    await pool.stop(1.0)


def makers() -> list[str]:
    return [child.name for child in multiprocessing.active_children() if child.name == "harken-words"]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def heard(pool: WorkerPool) -> str:
    done = await pool.recognize(("stream", 1), fakes.speech(), 0.5, Priority.LIVE, None, ())
    return done.recognition.alternatives[0].transcript


async def test_titles_are_heard_after_each_change_and_only_the_newest_words_are_kept(tmp_path: Path) -> None:
    async with followed(tmp_path) as (pool, words, made):
        assert await heard(pool) == "old words"
        for title in ("Apple pie", "Lamb stew"):
            words.changed([Document("1", title)])
            assert await made.get()
            assert await heard(pool) == title
        assert names_in(tmp_path) == ["words-2"]
        words.changed([Document("2", "Lamb stew")])
        await asyncio.sleep(0)
        assert made.empty(), "the same titles are no news"


@pytest.mark.parametrize("title", ["refused", "dies"])
async def test_words_that_cannot_be_made_leave_those_before(tmp_path: Path, title: str, caplog: pytest.LogCaptureFixture) -> None:
    async with followed(tmp_path) as (pool, words, made):
        for titles, done in ((["Apple pie"], True), ([title], False), (["Lamb stew"], True)):
            before = await heard(pool)
            words.changed([Document(str(number), one) for number, one in enumerate(titles)])
            assert await made.get() is done
            assert await heard(pool) == (titles[0] if done else before)
    assert "those before serve on" in caplog.text


async def test_a_server_that_stops_waits_for_no_words(tmp_path: Path) -> None:
    async with followed(tmp_path) as (pool, words, _):
        words.changed([Document("1", "hangs")])
        while not makers():  # noqa: ASYNC110 - no event tells of a process
            await asyncio.sleep(0.01)
        assert await heard(pool) == "old words"
    while makers():  # killed, and soon gone  # noqa: ASYNC110
        await asyncio.sleep(0.01)


def test_of_too_many_titles_the_most_popular_are_chosen_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    documents = [Document("1", "a"), Document("2", "b", popularity=0.5), Document("3", "a", popularity=0.9), Document("4", "c"), Document("5", "d")]
    assert chosen(documents, 4) == ("a", "b", "c", "d")
    with caplog.at_level(logging.WARNING):
        assert chosen(documents, 3) == ("a", "b", "c")
    assert "1 of 4 titles are left out" in caplog.text


def test_an_invented_name_joins_the_words_of_the_shipped_bundle(tmp_path: Path) -> None:
    make_words(default_bundle_dir(), ["Zorblatt Pie"], tmp_path / "words")
    lexicon = read_lexicon(tmp_path, Vocabulary.read(tmp_path / "words").lexicon)
    assert "zorblatt" in lexicon
    recogniser, _ = load_recogniser(str(default_bundle_dir()), str(tmp_path / "words"))
    assert recogniser.recognize(bytes(32_000), 0).alternatives == ()
