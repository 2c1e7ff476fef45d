"""Silent clients: connected, and saying every half minute that they are there, as edges in a quiet room do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks.load.process_cpu import tree_cpu_s
from edge_client.config import TransportConfig
from edge_client.transport import Transport
from protos import messages as m
from protos.errors import ConfigurationError

GREET_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Idle:
    connections: int
    cores: float
    """That the server's processes kept busy meanwhile."""


@asynccontextmanager
async def silent_clients(server: str, count: int) -> AsyncIterator[None]:
    """All are greeted when the block begins. Raises: ConfigurationError: the server does not take them all."""
    config = TransportConfig(server)
    transports = [Transport(config, m.StreamingConfig()) for _ in range(count)]
    greeted: asyncio.Queue[None] = asyncio.Queue()
    every_s = config.report_every_s
    tasks = [asyncio.create_task(_stay(transport, every_s, number / count, greeted)) for number, transport in enumerate(transports)]
    try:
        try:
            async with asyncio.timeout(GREET_TIMEOUT_S):
                for _ in range(count):
                    await greeted.get()
        except TimeoutError as error:
            raise ConfigurationError(f"the server at {server} greeted fewer than {count} clients within {GREET_TIMEOUT_S:g} s") from error
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _stay(transport: Transport, every_s: float, phase: float, greeted: asyncio.Queue[None]) -> None:
    """phase: share of the half minute after which its first report comes, so that not all come at once."""
    reporting = asyncio.create_task(_report(transport, every_s, phase))
    try:
        async for response in transport.responses():
            if isinstance(response, m.Session):
                greeted.put_nowait(None)
    finally:
        reporting.cancel()


async def _report(transport: Transport, every_s: float, phase: float) -> None:
    await asyncio.sleep(every_s * phase)
    while True:
        transport.say(m.EdgeReport(period=every_s, captured=every_s, voiced=0.0, sent=0.0))
        await asyncio.sleep(every_s)


async def cost_of(
    server: str, pid: int, count: int, seconds: float, cpu_s: Callable[[int], float] = tree_cpu_s, clock: Callable[[], float] = time.monotonic
) -> Idle:
    """pid: of the server. Raises: ConfigurationError."""
    async with silent_clients(server, count):
        begin_s, used_s = clock(), cpu_s(pid)
        await asyncio.sleep(seconds)
        return Idle(count, (cpu_s(pid) - used_s) / (clock() - begin_s))
