"""More audio at once than a server may queue, while its worker stands still: what is taken in, what is refused, and whether all is answered."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from dataclasses import replace

import grpc

from benchmarks.faults.events import Flooded
from benchmarks.faults.servers import Server
from benchmarks.latency import requests_of
from edge_client.channel import open_channel
from edge_client.config import TransportConfig
from protos import codec
from protos import messages as m
from protos import speech_search_pb2_grpc as pb_grpc

SEGMENT_S = 10.0
SEGMENTS = 8
PCM = bytes(round(SEGMENT_S * m.SAMPLE_RATE_HZ) * m.BYTES_PER_SAMPLE)
LIMIT_S = 120.0
"""Of the server's queue: a flood may fill half of it, and room is left for all that the edges may be owed. What a queue refuses is not looked for."""
# How long the worker stands still at the most, until somebody is refused or the limit is passed; how soon is another measurement's business. A worker
# that stands still for twenty seconds is taken for one that hangs.
HELD_S = 8.0
WATCH_EVERY_S = 0.1


async def flood(server: Server) -> Flooded:
    """As a backlog (CATCHUP), so that nobody who speaks now is refused for it."""
    pids = await server.worker_pids()
    _signal(pids, signal.SIGSTOP)
    try:
        asking = [asyncio.create_task(_ask(server.address)) for _ in range(SEGMENTS)]
        most_queued_s = await _until_full(server, asking)
    finally:
        _signal(pids, signal.SIGCONT)
    answers = await asyncio.gather(*asking)
    rejected = sum(isinstance(answer, m.Reject) for answer in answers)
    return Flooded(SEGMENTS, sum(answer is not None for answer in answers), rejected, most_queued_s, LIMIT_S)


async def _until_full(server: Server, asking: Sequence[asyncio.Task[m.Result | m.Reject | None]]) -> float:
    """Returns: the most that was ever queued."""
    most_queued_s = 0.0
    for _ in range(round(HELD_S / WATCH_EVERY_S)):
        most_queued_s = max(most_queued_s, await server.queued_s())
        if most_queued_s > LIMIT_S or any(task.done() for task in asking):
            break
        await asyncio.sleep(WATCH_EVERY_S)
    return most_queued_s


async def _ask(address: str) -> m.Result | m.Reject | None:
    """A stream of its own: answers of one stream wait for each other. None: it ended without one."""
    start, *rest = requests_of(1, PCM)
    assert isinstance(start, m.SegmentStart)  # noqa: S101 - as every segment begins
    answer: m.Result | m.Reject | None = None
    async with open_channel(TransportConfig(address)) as channel:
        call = pb_grpc.SpeechSearchStub(channel).StreamingRecognize()
        try:
            for request in (m.StreamingConfig(max_alternatives=1), replace(start, priority=m.Priority.CATCHUP), *rest):
                await call.write(codec.encode_request(request))
            await call.done_writing()
            while (message := await call.read()) is not grpc.aio.EOF:  # type: ignore[attr-defined]
                response = codec.decode_response(message)
                if isinstance(response, m.Reject) or (isinstance(response, m.Result) and response.is_final):
                    answer = response
        except grpc.aio.AioRpcError:
            return None
    return answer


def _signal(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, number)
