"""Streams that end, break, stall and are read faster than anybody takes them, whoever reads them."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import aclosing, suppress
from pathlib import Path
from typing import BinaryIO

import pytest

from edge_client import inlet
from edge_client.inlet import AHEAD_BLOCKS, blocks, own_pipe


@pytest.fixture(params=["loop", "thread"])
def pipe(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[BinaryIO, int]]:
    """A pipe, and where to write into it; read by the event loop, or by a thread as where no second descriptor is to be had."""
    outlet, way_in = os.pipe()
    if request.param == "thread":
        monkeypatch.setattr(inlet, "own_pipe", lambda _: None)
    with os.fdopen(outlet, "rb", buffering=0) as stream:
        yield stream, way_in
        with suppress(OSError):
            os.close(way_in)


async def test_what_was_written_arrives_at_once_and_the_end_ends_it(pipe: tuple[BinaryIO, int]) -> None:
    stream, way_in = pipe
    async with aclosing(blocks(stream, 4)) as found:
        for word in (b"one", b"four"):
            os.write(way_in, word)
            assert await anext(found) == word
        os.write(way_in, b"longer")
        os.close(way_in)
        assert [block async for block in found] == [b"long", b"er"]


async def test_a_stalled_stream_stops_nobody_else_and_may_be_left(pipe: tuple[BinaryIO, int]) -> None:
    """The loop turns while nothing comes; leaving does not wait for it either."""
    taking = asyncio.create_task(anext(blocks(pipe[0], 4)))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not taking.done()
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    os.write(pipe[1], b"more")  # a thread that still reads comes free


async def test_no_more_is_read_ahead_than_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    """`listen --stdin < a-day.raw` must not have the day in memory; a pipe is filled as soon as nobody takes what is in it."""
    sizes: list[int] = []

    class Counting(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            sizes.append(1)
            return super().read(size)

    whole = bytes(range(256))
    found = blocks(Counting(whole), 2)
    taken = await anext(found)
    while len(sizes) < AHEAD_BLOCKS + 1:  # noqa: ASYNC110 - a thread reads
        await asyncio.sleep(0.001)
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(sizes) == AHEAD_BLOCKS + 1
    assert taken + b"".join([block async for block in found]) == whole


async def test_a_pipe_nobody_takes_from_is_left_alone_and_then_read_on() -> None:
    outlet, way_in = os.pipe()
    whole = bytes(range(256))
    with os.fdopen(outlet, "rb", buffering=0) as stream:
        os.write(way_in, whole)
        os.close(way_in)
        async with aclosing(blocks(stream, 2)) as found:
            taken = await anext(found)
            for _ in range(100):
                await asyncio.sleep(0)
            left = os.read(outlet, 1000)
            assert len(left) == len(whole) - 2 * (1 + AHEAD_BLOCKS)
            assert taken + b"".join([block async for block in found]) + left == whole


async def test_what_breaks_the_stream_is_told_after_all_that_came_before() -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if block := super().read(size):
                return block
            raise OSError(5, "Input/output error")

    found = blocks(Breaking(b"abcd"), 2)
    assert [await anext(found), await anext(found)] == [b"ab", b"cd"]
    with pytest.raises(OSError, match="Input/output error"):
        await anext(found)


async def test_one_thread_reads_a_stream_to_its_end() -> None:
    """One for every read took half of all that listening costs."""
    threads: set[int] = set()

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            threads.add(threading.get_ident())
            return super().read(size)

    assert len([block async for block in blocks(Watched(bytes(200)), 2)]) == 100
    assert len(threads) == 1


def test_another_process_that_shares_the_pipe_finds_it_as_it_was() -> None:
    outlet, way_in = os.pipe()
    with os.fdopen(outlet, "rb", buffering=0) as stream:
        own = own_pipe(stream)
        assert own is not None
        assert (os.get_blocking(own), os.get_blocking(outlet)) == (False, True)
        os.close(own)
    os.close(way_in)
    assert own_pipe(io.BytesIO()) is None


@pytest.mark.parametrize("reader", ["inlet.blocks", "lambda stream, size: through(inlet.ThreadInlet(stream, size))"])
def test_a_stream_that_says_nothing_does_not_hold_up_the_end_of_the_process(reader: str) -> None:
    program = f"""
import asyncio
from edge_client import inlet
from edge_client.sources import standard_input
async def through(found):
    found.start()
    yield await found.take()
read = {reader}
async def wait():
    taking = asyncio.create_task(anext(read(standard_input(), 4)))
    await asyncio.sleep(0)
    taking.cancel()
asyncio.run(wait())
print("over")
"""
    outlet, way_in = os.pipe()
    done = subprocess.run([sys.executable, "-c", program], stdin=outlet, capture_output=True, check=True, timeout=60)
    os.close(outlet)
    os.close(way_in)
    assert (done.stdout, done.stderr) == (b"over\n", b"")
