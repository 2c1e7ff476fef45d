"""Time-scaled: silence is left alone, a half-open link is found by both sides, and a server that misspells its ping option is caught."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from benchmarks.faults.commands import RECORDINGS
from benchmarks.faults.history import History
from benchmarks.faults.probes import GIVE_UP_S, half_open, is_kept, silence
from benchmarks.faults.servers import Server, Servers
from edge_client.config import TransportConfig

# Ten times as quick as the product: gRPC sends no more than a ping a second, and a server throws out whoever sent four too many.
SCALE = 0.1
# Sooner than the server, which asks every 0.9 s here: whoever was just asked need not ask, and the server would have no ping to mind.
QUICK = TransportConfig(keepalive_s=0.6, keepalive_timeout_s=1.0)
SILENCE_S = 8.0


@asynccontextmanager
async def server_with(folder: Path, *arguments: str) -> AsyncIterator[Server]:
    with History(folder / "history.jsonl") as history:
        servers = Servers(history, ("--ping-scale", str(SCALE), *arguments))
        try:
            yield await servers.start(with_spare=False)
        finally:
            await servers.close()


async def silence_at(folder: Path, *arguments: str) -> int:
    async with server_with(folder, *arguments) as server:
        return await silence(server.address, QUICK, RECORDINGS[0], SILENCE_S)


async def test_silence_reconnects_nobody_unless_the_server_misspells_its_ping_option(tmp_path: Path) -> None:
    """Side by side: the silence is the same, and only the option differs."""
    misspelt = "--hook", "tests.benchmarks.faults.controls:misspelt_ping_option"
    kept, broken = await asyncio.gather(silence_at(tmp_path / "kept"), silence_at(tmp_path / "broken", *misspelt))
    assert kept == 0
    assert broken > 0


async def test_a_half_open_link_is_found_by_both_sides(tmp_path: Path) -> None:
    async with server_with(tmp_path) as server:
        found = await half_open(server, QUICK, RECORDINGS[0])
    assert all(0 < seconds < GIVE_UP_S for seconds in found.values()), found


@pytest.mark.parametrize(
    ("edge_s", "server_s", "reconnects", "kept"), [(14.9, 12.0, 0, True), (60.1, 12.0, 0, False), (14.9, 40.0, 0, False), (14.9, 12.0, 1, False)]
)
def test_what_is_found_late_or_comes_back_from_silence_breaks_the_promise(edge_s: float, server_s: float, reconnects: int, kept: bool) -> None:
    assert is_kept({"half_open_seconds": {"edge": edge_s, "server": server_s}, "silence": {"seconds": 60, "reconnects": reconnects}}) is kept
