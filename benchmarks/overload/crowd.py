"""Many people, each with a stream of their own, who speak when a plan says so, whatever the server does: open-loop load.

Everything counts from the instant the plan named, so a generator that is late makes its own figures worse and hides nothing. Whoever speaks has
nothing unanswered: answers of one stream come in order, and nobody's refusal waits for somebody else's answer.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import google_crc32c
import grpc

from benchmarks.latency import requests_of
from benchmarks.overload.verdict import FINAL, LOST, Asked
from edge_client.channel import open_channel
from edge_client.config import TransportConfig
from protos import codec
from protos import messages as m
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc

AUDIO_S = (1.0, 2.0, 3.0)
STREAMS_PER_CHANNEL = 64
"""Half of what a server takes on one connection."""
PATIENCE_S = 30.0
"""Without an answer for so long a segment is lost."""
Phase: TypeAlias = tuple[dict[str, float], float]
"""Segments a second of each tenant, for so many seconds."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says: made once, said often."""

    audio_s: float
    chunks: tuple[m.AudioChunk, ...]
    crc32c: int
    sample_count: int

    def messages(self, segment_id: int) -> list[pb.StreamingRecognizeRequest]:
        start = pb.StreamingRecognizeRequest(segment_start=pb.SegmentStart(segment_id=segment_id, priority=pb.PRIORITY_LIVE))
        end = pb.SegmentEnd(segment_id=segment_id, reason=pb.END_REASON_SILENCE, sample_count=self.sample_count, crc32c=self.crc32c)
        return [start, *(self._chunk(segment_id, chunk) for chunk in self.chunks), pb.StreamingRecognizeRequest(segment_end=end)]

    @staticmethod
    def _chunk(segment_id: int, chunk: m.AudioChunk) -> pb.StreamingRecognizeRequest:
        offset = codec.samples_to_duration(chunk.capture_offset)
        return pb.StreamingRecognizeRequest(audio=pb.AudioChunk(segment_id=segment_id, seq=chunk.seq, capture_offset=offset, data=chunk.data))


def speech(audio_s: float) -> Said:
    pcm = random.Random(round(audio_s * 1000)).randbytes(round(audio_s * m.SAMPLE_RATE_HZ) * m.BYTES_PER_SAMPLE)
    chunks = tuple(request for request in requests_of(1, pcm) if isinstance(request, m.AudioChunk))
    return Said(audio_s, chunks, google_crc32c.value(pcm), len(pcm) // m.BYTES_PER_SAMPLE)


class Person:
    """One stream."""

    def __init__(self, call: Any) -> None:
        self._call = call
        self._segment_id = 0

    async def greet(self) -> None:
        await self._call.write(codec.encode_request(m.StreamingConfig(max_alternatives=1)))
        await self._call.read()

    async def say(self, said: Said) -> tuple[str, float | None, float]:
        """FINAL or the reason of the Reject; when it came; and the retry time it named."""
        self._segment_id += 1
        for message in said.messages(self._segment_id):
            await self._call.write(message)
        outcome: tuple[str, float | None, float] | None = None
        async with asyncio.timeout(PATIENCE_S):
            while (message := await self._call.read()) is not grpc.aio.EOF:  # type: ignore[attr-defined]
                kind = message.WhichOneof("response")
                if kind == "reject":
                    reject = codec.decode(m.Reject, message.reject)
                    return reject.reason.name, time.monotonic(), reject.retry_after or 0.0
                if kind == "result":
                    outcome = FINAL, time.monotonic(), 0.0
                    if not message.result.alternatives:
                        return outcome
                if kind == "search_results" and outcome is not None:
                    return outcome
        return LOST, None, 0.0

    async def leave(self) -> None:
        await self._call.done_writing()
        while await self._call.read() is not grpc.aio.EOF:  # type: ignore[attr-defined]
            pass


@dataclass(slots=True)
class Crowd:
    """`joined` makes one. Each tenant's people are its own."""

    server: str
    tokens: dict[str, str]
    max_people: int
    """Of each tenant: what goes beyond waits, and its waiting counts."""
    seed: int
    _stack: AsyncExitStack
    _idle: dict[str, deque[Person]] = field(default_factory=dict)
    _count: dict[str, int] = field(default_factory=dict)
    _waiting: dict[str, deque[asyncio.Future[Person]]] = field(default_factory=dict)
    _channels: list[grpc.aio.Channel] = field(default_factory=list)
    _speeches: tuple[Said, ...] = field(default_factory=lambda: tuple(map(speech, AUDIO_S)))

    async def prepare(self, people: int, tenant: str = "") -> None:
        """So many who have already greeted: opening streams is not what is measured."""
        for person in [await self._person(tenant) for _ in range(people)]:
            self._free(tenant, person)

    async def play(self, phases: Sequence[Phase], on_phase: Callable[[int], None] = lambda _: None) -> list[list[Asked]]:
        """One phase right after the other, whatever is still unanswered; what was asked in each, when all is answered.

        on_phase: told the number of each as it begins, and at last how many there were.
        """
        begin_s, plan = time.monotonic() + 0.05, list[tuple[float, int, str, int]]()
        for number, (rates, seconds) in enumerate(phases):
            plan += [(begin_s + due_s, number, tenant, said) for tenant in rates for due_s, said in self._arrivals(rates[tenant], seconds, tenant)]
            begin_s += seconds
        tasks: list[list[asyncio.Task[Asked]]] = [[] for _ in phases]
        began = -1
        for due_s, number, tenant, said in sorted(plan):
            if (wait_s := due_s - time.monotonic()) > 0:
                await asyncio.sleep(wait_s)
            if number > began:
                began = number
                on_phase(number)
            tasks[number].append(asyncio.create_task(self._ask(tenant, due_s, self._speeches[said])))
        on_phase(len(phases))
        return [list(await asyncio.gather(*of_phase)) for of_phase in tasks]

    async def saturate(self, at_once: int, seconds: float, tenant: str = "") -> list[Asked]:
        """Closed loop: so many who each speak again as soon as they are answered."""
        end_s, chance = time.monotonic() + seconds, random.Random(self.seed)

        async def keep_asking() -> list[Asked]:
            asked = []
            while (now_s := time.monotonic()) < end_s:
                asked.append(await self._ask(tenant, now_s, chance.choice(self._speeches)))
            return asked

        return [one for many in await asyncio.gather(*(keep_asking() for _ in range(at_once))) for one in many]

    def _arrivals(self, rate: float, seconds: float, tenant: str) -> list[tuple[float, int]]:
        """Poisson: seconds into the phase, and what is said. For a tenant the same for the same seed and rate, whatever the others do."""
        chance, now_s, due = random.Random(f"{self.seed} {tenant}"), 0.0, list[tuple[float, int]]()
        while rate and (now_s := now_s + chance.expovariate(rate)) < seconds:
            due.append((now_s, chance.randrange(len(self._speeches))))
        return due

    async def _ask(self, tenant: str, due_s: float, said: Said) -> Asked:
        person = await self._person(tenant)
        begun_s = time.monotonic()
        try:
            outcome, answered_s, retry_after_s = await person.say(said)
        except (TimeoutError, grpc.aio.AioRpcError):
            self._count[tenant] -= 1
            return Asked(tenant, said.audio_s, due_s, begun_s, None, LOST)
        self._free(tenant, person)
        return Asked(tenant, said.audio_s, due_s, begun_s, answered_s, outcome, retry_after_s)

    async def _person(self, tenant: str) -> Person:
        idle = self._idle.setdefault(tenant, deque())
        if idle:
            return idle.popleft()
        if self._count.get(tenant, 0) >= self.max_people:
            waiting: asyncio.Future[Person] = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(tenant, deque()).append(waiting)
            return await waiting
        self._count[tenant] = self._count.get(tenant, 0) + 1
        if len(self._channels) * STREAMS_PER_CHANNEL < sum(self._count.values()):
            self._channels.append(await self._stack.enter_async_context(open_channel(TransportConfig(self.server))))
        metadata = (("authorization", f"Bearer {self.tokens[tenant]}"),) if tenant in self.tokens else ()
        person = Person(pb_grpc.SpeechSearchStub(self._channels[-1]).StreamingRecognize(metadata=metadata))
        await person.greet()
        return person

    def _free(self, tenant: str, person: Person) -> None:
        waiting = self._waiting.get(tenant)
        if waiting:
            waiting.popleft().set_result(person)
        else:
            self._idle[tenant].append(person)

    async def leave(self) -> None:
        await asyncio.gather(*(person.leave() for idle in self._idle.values() for person in idle))


@asynccontextmanager
async def joined(server: str, max_people: int, tokens: dict[str, str] | None = None, seed: int = 1) -> AsyncIterator[Crowd]:
    """A crowd in front of HOST:PORT; at the end everybody half-closes."""
    async with AsyncExitStack() as stack:
        crowd = Crowd(server, tokens or {}, max_people, seed, stack)
        yield crowd
        await crowd.leave()
