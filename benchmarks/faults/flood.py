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
from cloud_server.config import Config
from edge_client.channel import open_channel
from edge_client.config import TransportConfig
from protos import codec
from protos import messages as m
from protos import speech_search_pb2_grpc as pb_grpc

SEGMENT_S = 10.0
SEGMENTS = 8
PCM = bytes(round(SEGMENT_S * m.SAMPLE_RATE_HZ) * m.BYTES_PER_SAMPLE)
# For whoever is refused to hear of it; refusals within 50 ms are another measurement's business.
HELD_S = 1.0


async def flood(server: Server) -> Flooded:
    """As a backlog (CATCHUP), so that nobody who speaks now is refused for it."""
    pids = await server.worker_pids()
    _signal(pids, signal.SIGSTOP)
    try:
        asking = [asyncio.create_task(_ask(server.address)) for _ in range(SEGMENTS)]
        await asyncio.wait(asking, timeout=HELD_S)
        most_queued_s = await server.queued_s()
    finally:
        _signal(pids, signal.SIGCONT)
    answers = await asyncio.gather(*asking)
    rejected = sum(isinstance(answer, m.Reject) for answer in answers)
    return Flooded(SEGMENTS, sum(answer is not None for answer in answers), rejected, most_queued_s, Config().max_queued_audio_s)


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
