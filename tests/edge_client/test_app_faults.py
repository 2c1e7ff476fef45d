"""A program that was held up, and bugs of ours that must not pass as the server's silence."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from edge_client.app import EdgeSession
from edge_client.config import Config, TransportConfig
from edge_client.sources import AudioFile
from protos import codec
from protos import messages as m
from tests.edge_client.conftest import FakeServer


async def test_an_answer_that_lies_ready_when_a_stopped_program_wakes_up_is_read_before_the_server_counts_as_late(two_queries: Path) -> None:
    """Ctrl-Z, or a pager nobody scrolls: the event loop itself stood still for longer than the server may take."""
    session = EdgeSession(AudioFile(two_queries), Config())
    session._ledger.open(1, 0)
    session._ledger.close(1, 320, time.monotonic() - 1000)
    asyncio.get_running_loop().call_soon(session._changed.set)
    assert await session._something_changed()


async def test_a_bug_while_receiving_is_raised_and_not_taken_for_a_silent_server(
    fake_server: FakeServer, two_queries: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> m.Response:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(codec, "decode_response", broken)
    session = EdgeSession(AudioFile(two_queries), Config(transport=TransportConfig(fake_server.address)))
    with pytest.raises(ZeroDivisionError, match="a bug"):
        [outcome async for outcome in session.outcomes()]
    assert session.summary.rejected == session.summary.segments == 2
