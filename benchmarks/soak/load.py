"""Clients that speak for as long as they are told to, some of which hang up in mid-sentence."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import grpc

from benchmarks.latency import Call, requests_of
from edge_client.channel import open_channel
from edge_client.config import TransportConfig
from protos import codec
from protos import messages as m
from protos import speech_search_pb2_grpc as pb_grpc

CLIENTS = 8
SEGMENTS_EACH = 5
# A query of one chunk: what a stream and a segment cost is soaked, not what audio does.
PCM = bytes(6400)


@dataclass(slots=True)
class Counts:
    answered: int = 0
    """Segments."""
    rejected: int = 0
    """Segments: at four fifths of what it can do, a server refuses nobody."""
    streams: int = 0
    cancelled: int = 0
    failed: int = 0
    """Streams that ended otherwise than they should."""


class Load:
    """`run` any number of times; counts go on."""

    def __init__(self, address: str, cancel_ratio: float, seed: int) -> None:
        self._address, self._cancel_ratio = address, cancel_ratio
        self._chance = random.Random(seed)
        self.counts = Counts()

    async def run(self, is_over: Callable[[], bool], segments_per_s: float | None = None) -> None:
        """segments_per_s: no more; None: as fast as they are answered."""
        pace_s = SEGMENTS_EACH / segments_per_s if segments_per_s else 0.0
        self._next_s = time.monotonic()
        await asyncio.gather(*(self._client(is_over, pace_s) for _ in range(CLIENTS)))

    async def _client(self, is_over: Callable[[], bool], pace_s: float) -> None:
        async with open_channel(TransportConfig(self._address)) as channel:
            stub = pb_grpc.SpeechSearchStub(channel)
            while not is_over():
                await self._turn(pace_s)
                await self._stream(stub)

    async def _turn(self, pace_s: float) -> None:
        """One stream each `pace_s`, whoever is free; what is late is not made up for."""
        now_s = time.monotonic()
        self._next_s = max(self._next_s, now_s - pace_s) + pace_s
        await asyncio.sleep(max(0.0, self._next_s - now_s))

    async def _stream(self, stub: pb_grpc.SpeechSearchStub) -> None:
        cancel_at = self._chance.randrange(SEGMENTS_EACH) if self._chance.random() < self._cancel_ratio else None
        call = stub.StreamingRecognize()
        self.counts.streams += 1
        try:
            await call.write(codec.encode_request(m.StreamingConfig(max_alternatives=1)))
            for number in range(SEGMENTS_EACH):
                requests = requests_of(number + 1, PCM)
                if number == cancel_at:
                    for request in requests[: self._chance.randrange(1, len(requests) + 1)]:
                        await call.write(codec.encode_request(request))
                    call.cancel()
                    self.counts.cancelled += 1
                    with suppress(asyncio.CancelledError):
                        await call.code()
                    return
                for request in requests:
                    await call.write(codec.encode_request(request))
                await self._answer(call)
            await call.done_writing()
            await call.read()
        except grpc.aio.AioRpcError:
            self.counts.failed += 1

    async def _answer(self, call: Call) -> None:
        """To the last word on the segment."""
        while (message := await call.read()) is not grpc.aio.EOF:  # type: ignore[attr-defined]
            match codec.decode_response(message):
                case m.Reject():
                    self.counts.rejected += 1
                    return
                case m.SearchResults():
                    self.counts.answered += 1
                    return
                case _:
                    pass
        self.counts.failed += 1
