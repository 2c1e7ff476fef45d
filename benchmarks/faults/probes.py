"""What a campaign scales in time, asked once at its true length beside it: how soon a half-open link is found, and whether silence is left alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.faults.history import History
from benchmarks.faults.proxy import running_proxy
from benchmarks.faults.servers import Server, Servers
from benchmarks.faults.speech import Speech
from benchmarks.scrape import scrape, total
from edge_client.app import EdgeSession
from edge_client.config import Config, TransportConfig
from protos import messages as m

FOUND_WITHIN_S = 15.0
"""docs/reliability.md: nine seconds until the ping, five for its answer, and one for whoever looks."""
WATCH_EVERY_S = 0.05
GIVE_UP_S = 90.0


class Pausing:
    """A query, then nothing until `go_on`, then another one."""

    def __init__(self, recording: Path) -> None:
        self._speech = Speech(recording, 2, allowed=1)
        self.device, self.overruns, self.state, self.can_wait = self._speech.device, 0, self._speech.state, False

    def go_on(self) -> None:
        self._speech.allow(2)

    def frames(self) -> AsyncGenerator[m.AudioFrame, None]:
        return self._speech.frames()


async def silence(server: str, transport: TransportConfig, recording: Path, seconds: float) -> int:
    """Connections it took beyond the first, with so long a pause between two queries."""
    source = Pausing(recording)
    session = EdgeSession(source, Config(transport=replace(transport, server=server)))
    async with aclosing(session.outcomes()) as outcomes:
        await anext(outcomes)
        await asyncio.sleep(seconds)
        source.go_on()
        async for _ in outcomes:
            pass
    return session.reconnects


async def half_open(server: Server, transport: TransportConfig, recording: Path) -> dict[str, float]:
    """Seconds from the moment a link falls silent until each side has given it up. Nobody speaks: only an unanswered ping tells."""
    source = Pausing(recording)
    async with running_proxy(server.address) as proxy:
        session = EdgeSession(source, Config(transport=replace(transport, server=proxy.address)))
        async with aclosing(session.outcomes()) as outcomes:
            await anext(outcomes)
            streams = await _streams(server)
            began_s = time.monotonic()
            proxy.stall()
            edge_s, server_s = await asyncio.gather(_edge_found(session, began_s), _server_found(server, streams, began_s))
            proxy.cut()
            proxy.flow()
            source.go_on()
            async for _ in outcomes:
                pass
    return {"edge": round(edge_s, 2), "server": round(server_s, 2)}


async def probe(folder: Path, recording: Path, silence_s: float) -> dict[str, Any]:
    """Both, with the options that the product has."""
    async with AsyncExitStack() as stack:
        history = stack.enter_context(History(folder / "history.jsonl"))
        servers = Servers(history, ("--ping-scale", "1"))
        stack.push_async_callback(servers.close)
        server = await servers.start(with_spare=False)
        transport = TransportConfig()
        found = await half_open(server, transport, recording)
        reconnects = await silence(server.address, transport, recording, silence_s)
    return {"half_open_seconds": found, "silence": {"seconds": silence_s, "reconnects": reconnects}}


def is_kept(probed: dict[str, Any]) -> bool:
    return max(probed["half_open_seconds"].values()) <= FOUND_WITHIN_S and not probed["silence"]["reconnects"]


async def _edge_found(session: EdgeSession, began_s: float) -> float:
    while session._transport.connected_s is not None and time.monotonic() - began_s < GIVE_UP_S:  # noqa: ASYNC110 - a measurement, and no event tells of it
        await asyncio.sleep(WATCH_EVERY_S)
    return time.monotonic() - began_s


async def _server_found(server: Server, streams: int, began_s: float) -> float:
    """A new link comes up at once but says nothing, so only the dead one is counted."""
    while await _streams(server) >= streams and time.monotonic() - began_s < GIVE_UP_S:  # noqa: ASYNC110 - another process's gauge
        await asyncio.sleep(WATCH_EVERY_S)
    return time.monotonic() - began_s


async def _streams(server: Server) -> int:
    return int(total(await asyncio.to_thread(scrape, server.metrics_address), "asr_server_streams"))
