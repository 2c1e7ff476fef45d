"""What a sick Redis costs those who speak: segments that must be recognised, with Redis well and with a fault, taking turns."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from benchmarks.contest import circumstances
from benchmarks.latency import ask_all, segments
from benchmarks.processes import server_process
from benchmarks.redis_replica import running_replicas
from benchmarks.redis_server import RedisServer, running_redis
from benchmarks.scrape import scrape, total
from edge_client.channel import open_channel
from edge_client.config import TransportConfig
from protos import codec
from protos import speech_search_pb2_grpc as pb_grpc
from protos.errors import ConfigurationError
from protos.messages import Session, StreamingConfig

ROOT = Path(__file__).resolve().parent.parent
SEGMENT_S = 1.0
PROMISED_MS = 20.0
"""Added to the 95th percentile, at most."""
POLL_S = 0.05
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Fault:
    strike: Callable[[RedisServer], object]
    heal: Callable[[RedisServer], object]
    answered_before: bool = False
    """Whether another server has answered the segments: otherwise there is nothing to be spoilt."""


FAULTS = {
    "down": Fault(RedisServer.kill, RedisServer.start),
    "hung": Fault(RedisServer.hang, RedisServer.go_on),
    "locked": Fault(RedisServer.lock, RedisServer.unlock),
    "full": Fault(RedisServer.fill, RedisServer.empty),
    "corrupt": Fault(RedisServer.spoil, RedisServer.values, answered_before=True),
}


@dataclass(frozen=True, slots=True)
class Server:
    address: str
    metrics_address: str


@dataclass(slots=True)
class Waits:
    """Seconds to final results, and from a cure to the use of Redis."""

    well_s: list[float] = field(default_factory=list)
    sick_s: list[float] = field(default_factory=list)
    recovery_s: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Measurement:
    """One Redis, one session that its server knows and every segment of which could be a repeat: each asks Redis, and none is spared recognition."""

    redis: RedisServer
    server: Server
    other: Server
    audio: Sequence[bytes]
    """Of one turn."""
    token: str = ""
    _next: int = 1

    async def run(self, fault: Fault, rounds: int, progress: Callable[[int], None]) -> Waits:
        waits = Waits()
        self.token = await begin(self.server)
        await self._ask(self.server)  # nobody's first segment is measured
        for _ in range(rounds):
            waits.well_s += await self._ask(self.server)
            if fault.answered_before:
                await self._ask(self.other, is_last=False)
                await settled(self.redis)
            fault.strike(self.redis)
            try:
                waits.sick_s += await self._ask(self.server)
            finally:
                fault.heal(self.redis)
            waits.recovery_s.append(await self._recovered())
            progress(1)
        return waits

    async def _ask(self, server: Server, *, is_last: bool = True) -> list[float]:
        """is_last: nobody will ask for the same segments again."""
        audio = [(SEGMENT_S, pcm) for pcm in self.audio]
        waits = [answered.final_s async for answered in ask_all(server.address, audio, self.token, self._next)]
        self._next += len(audio) if is_last else 0
        return waits

    async def _recovered(self) -> float:
        """Until the server asks Redis again."""
        begin_s = time.monotonic()
        while total(await asyncio.to_thread(scrape, self.server.metrics_address), "asr_cache_breaker_open"):
            if time.monotonic() - begin_s > PATIENCE_S:
                raise ConfigurationError(f"the server leaves Redis alone {PATIENCE_S:g} s after it was cured")
            await asyncio.sleep(POLL_S)
        return time.monotonic() - begin_s


async def begin(server: Server) -> str:
    """A new session's token."""
    async with open_channel(TransportConfig(server.address)) as channel:
        call = pb_grpc.SpeechSearchStub(channel).StreamingRecognize()
        await call.write(codec.encode_request(StreamingConfig()))
        session = codec.decode_response(await call.read())
        await call.done_writing()
        await call.read()
    assert isinstance(session, Session)  # noqa: S101 - the contract
    return session.resume_token


async def settled(redis: RedisServer) -> None:
    """Nothing new is written any more."""
    before = -1
    while (now := len(redis.values())) != before:
        before = now
        await asyncio.sleep(2 * POLL_S)


def figures(waits: Waits) -> dict[str, Any]:
    well, sick = percentiles(waits.well_s), percentiles(waits.sick_s)
    return {
        "segments": len(waits.sick_s),
        "well_ms": well,
        "sick_ms": sick,
        "added_p95_ms": round(sick["p95"] - well["p95"], 2),
        "recovery_max_s": round(max(waits.recovery_s), 2),
    }


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    return {f"p{percent}": round(1000 * float(np.percentile(seconds, percent)), 2) for percent in (50, 95, 100)}


def as_rows(facts: dict[str, dict[str, Any]]) -> Iterator[str]:
    waits = "".join(f"{f'{state} ms p50':>13s}{'p95':>8s}{'max':>8s}" for state in ("well", "sick"))
    yield f"{'Redis':10s}{'segments':>9s}{waits}{'added p95':>11s}{'back after s':>14s}"
    for name, of in facts.items():
        waits = "".join(f"{of[state]['p50']:13.1f}{of[state]['p95']:8.1f}{of[state]['p100']:8.1f}" for state in ("well_ms", "sick_ms"))
        yield f"{name:10s}{of['segments']:9d}{waits}{of['added_p95_ms']:11.1f}{of['recovery_max_s']:14.1f}"


def redis(
    faults: Annotated[str, typer.Option(help=f"Which, of {', '.join(FAULTS)}.")] = ",".join(FAULTS),
    rounds: Annotated[int, typer.Option(min=1, help="How often each strikes.")] = 8,
    segments_a_turn: Annotated[int, typer.Option(min=1, help="Segments with Redis well, and as many with the fault.")] = 50,
    model: Annotated[str, typer.Option(help="stub: hears the same in the same samples, at once; real: the shipped bundle.")] = "stub",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, milliseconds.")] = False,
) -> None:
    """What a Redis costs that is down, hung, locked (wrong password), full or corrupt; exit 1 if that is more than 20 ms of the 95th percentile.

    Needs redis-server. One session taken up again, so that every segment might be a repeat and asks Redis first, and none is; from the end of its
    audio to its final result. A segment that is refused ends the measurement. back after: until the server uses Redis again.

    \b
    harken-bench redis
    harken-bench redis --faults hung --rounds 20 --model real --json
    """
    chosen = faults.split(",")
    strange = [name for name in chosen if name not in FAULTS]
    if strange or model not in ("stub", "real"):
        raise ConfigurationError(f"--faults must be of {', '.join(FAULTS)} and --model stub or real, not {', '.join(strange) or model}")
    found = shutil.which("redis-server")
    if found is None:
        raise ConfigurationError("redis-server is not on this machine; on Debian: apt install redis-server")
    audio = (segments(ROOT, SEGMENT_S) * segments_a_turn)[:segments_a_turn]
    facts = {}
    with typer.progressbar(length=rounds * len(chosen), file=sys.stderr) as bar:
        for name in chosen:
            facts[name] = figures(measure(Path(found), FAULTS[name], model, audio, rounds, bar.update))
    print(json.dumps({**facts, "run": {**circumstances(ROOT), "model": model, "rounds": rounds}}) if as_json else "\n".join(as_rows(facts)))
    if any(of["added_p95_ms"] > PROMISED_MS for of in facts.values()):
        sys.exit(1)


def measure(program: Path, fault: Fault, model: str, audio: Sequence[bytes], rounds: int, progress: Callable[[int], None]) -> Waits:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="harken-redis-")))
        redis_server = stack.enter_context(running_redis(program, folder))
        one, other = stack.enter_context(running_pair(redis_server, model))
        return asyncio.run(Measurement(redis_server, one, other, audio).run(fault, rounds, progress))


@contextmanager
def running_pair(redis_server: RedisServer, model: str) -> Iterator[tuple[Server, Server]]:
    if model == "stub":
        with running_replicas(redis_server.port, 2) as replicas:
            one, other = (Server(replica.address, replica.metrics_address) for replica in replicas)
            yield one, other
        return
    flags = ("--workers", "1", "--redis", redis_server.url)
    with server_process(*flags) as first, server_process(*flags) as second:
        yield Server(first.address, first.metrics_address), Server(second.address, second.metrics_address)
