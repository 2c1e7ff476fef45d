"""Each spoiled link shows what it should, and a sound one changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from benchmarks.faults.proxy import Proxy, running_proxy
from benchmarks.faults.toxics import Toxic

CLIENTS: list[asyncio.StreamWriter] = []


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """In front of an echo."""
    echoes: list[asyncio.Task[None] | None] = []

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        echoes.append(asyncio.current_task())
        with suppress(ConnectionError):
            while data := await reader.read(1000):
                writer.write(data)
        await closed(writer)

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with running_proxy(f"127.0.0.1:{server.sockets[0].getsockname()[1]}") as proxy:
        yield proxy
    server.close()
    await asyncio.gather(*(task for task in echoes if task is not None))
    while CLIENTS:
        await closed(CLIENTS.pop())


async def closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def link(proxy: Proxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = proxy.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    CLIENTS.append(writer)
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    return reader, writer


async def test_everything_passes_and_is_counted(proxy: Proxy) -> None:
    await link(proxy)
    await proxy.until_passed(10)
    assert (proxy.passed_bytes, proxy.links_made) == (10, 1)


async def test_a_cut_is_an_end_and_a_reset_an_error(proxy: Proxy) -> None:
    reader, _ = await link(proxy)
    proxy.cut()
    assert await reader.read() == b""
    reader, _ = await link(proxy)
    proxy.reset()
    with pytest.raises(ConnectionResetError):
        await reader.read()


async def test_a_stalled_link_keeps_what_it_was_given_until_it_flows(proxy: Proxy) -> None:
    reader, writer = await link(proxy)
    proxy.stall()
    writer.write(b"late")
    answer = asyncio.create_task(reader.readexactly(4))
    assert not (await asyncio.wait([answer], timeout=0.05))[0]
    proxy.flow()
    assert await answer == b"late"


async def test_a_server_that_is_away_ends_new_links_and_another_takes_over(proxy: Proxy) -> None:
    target = ":".join(map(str, proxy._target))
    for away in ("127.0.0.1:1", None):
        proxy.refuse(refuses=away is None)
        proxy.point_at(away or target)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await link(proxy)
    proxy.refuse(refuses=False)
    await link(proxy)


async def test_latency_and_throttle_take_their_time(proxy: Proxy) -> None:
    loop = asyncio.get_running_loop()
    proxy.spoil(Toxic(latency_s=0.02, bytes_per_second=1000.0))
    began_s = loop.time()
    await link(proxy)
    assert loop.time() - began_s >= 2 * (0.02 + 5 / 1000)


async def test_latency_alone_narrows_nothing(proxy: Proxy) -> None:
    """Bytes under way follow one another: if each piece waited for the one before, these would take five minutes."""
    proxy.spoil(Toxic(latency_s=0.05, slice_bytes=1), "up")
    reader, writer = await link(proxy)
    writer.write(bytes(6000))
    await reader.readexactly(6000)


async def test_sliced_bytes_arrive_whole(proxy: Proxy) -> None:
    proxy.spoil(Toxic(slice_bytes=1))
    reader, writer = await link(proxy)
    said = bytes(range(256)) * 8
    writer.write(said)
    assert await reader.readexactly(len(said)) == said


async def test_a_used_up_link_ends_and_the_next_one_has_its_own_measure(proxy: Proxy) -> None:
    proxy.spoil(Toxic(limit_bytes=5), "up")
    for _ in range(2):
        reader, writer = await link(proxy)
        writer.write(b"more")
        assert await reader.read() == b""


async def test_one_way_may_stall_while_the_other_flows(proxy: Proxy) -> None:
    reader, writer = await link(proxy)
    proxy.stall("down")
    passed = proxy.passed_bytes
    writer.write(b"late")
    await proxy.until_passed(passed + 4)  # the echo has it
    answer = asyncio.create_task(reader.readexactly(4))
    assert not (await asyncio.wait([answer], timeout=0.05))[0]
    proxy.heal()
    assert await answer == b"late"


async def test_the_far_side_of_a_link_that_hung_up_slowly_still_hears_what_was_said(proxy: Proxy) -> None:
    reader, _ = await link(proxy)
    proxy.spoil(Toxic(slow_close_s=0.05), "up")
    proxy.hang_up()
    assert await reader.read() == b""
    assert len(proxy._links) == 1
    await asyncio.gather(*(task for found in proxy._links for task in found.tasks), return_exceptions=True)
    assert not proxy._links
