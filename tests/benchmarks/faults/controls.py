"""Ways to be wrong, each for one process of a campaign: what the harness must catch. Named by `--hook`; the product has no flag for any of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import grpc

from cloud_server.core import Core
from cloud_server.finals import Final, Finals, SegmentKey
from cloud_server.resumption import Resumption
from cloud_server.schedule import Job, Schedule
from edge_client.outbox import Outbox
from edge_client.transport import Transport
from protos import messages as m


def delete_on_accepted() -> None:
    """An edge that takes `accepted` for a promise: what was accepted and wholly sent is not sent again."""
    accepted: set[int] = set()
    react, rewind = Transport._react, Outbox.rewind

    def remember(transport: Transport, response: m.Response) -> None:
        if isinstance(response, m.SegmentAccepted):
            accepted.add(response.segment_id)
        react(transport, response)

    def forget(outbox: Outbox) -> None:
        for segment_id, kept in list(outbox._kept.items()):
            if segment_id in accepted and kept.is_ended and kept.sent == len(kept.requests):
                outbox.settle(segment_id)
        rewind(outbox)

    Transport._react = remember  # type: ignore[method-assign]
    Outbox.rewind = forget  # type: ignore[method-assign]


def no_deduplication() -> None:
    """A server that does not know what it has answered."""

    def never(finals: Finals, key: SegmentKey, now_s: float) -> Final | None:
        return None

    Finals.find = never  # type: ignore[method-assign]


def misspelt_ping_option() -> None:
    """The name of C's macro, which gRPC ignores in silence: clients that ping during silence are then thrown out."""
    make = grpc.aio.server

    def misspelt(*, options: Sequence[tuple[str, Any]], **more: Any) -> grpc.aio.Server:
        right, wrong = "min_ping_interval_without_data", "min_recv_ping_interval_without_data"
        return make(options=[(name.replace(right, wrong), value) for name, value in options], **more)

    grpc.aio.server = misspelt  # type: ignore[assignment]


def unbounded_queue() -> None:
    """A server that takes in whatever comes."""

    def nobody(schedule: Schedule, job: Job) -> list[Job]:
        return []

    Schedule._to_shed = nobody  # type: ignore[method-assign]


def small_memories() -> None:
    """No error, but a short run's need: what is kept for repeats is full after hundreds of segments, not after ten thousand."""
    Finals.__init__.__defaults__ = (200, 16_000_000, 600.0)
    Resumption.__init__.__defaults__ = (50, 600.0)


def leak() -> None:
    """A kilobyte of each request is kept for ever."""
    kept: list[bytes] = []
    recognize = Core.recognize

    async def keeping(core: Core, *details: Any) -> Any:
        kept.append(os.urandom(1024))
        return await recognize(core, *details)

    Core.recognize = keeping  # type: ignore[method-assign]
