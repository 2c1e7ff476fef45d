"""What a sick Redis costs those who speak: the same segments at a server whose Redis is well and at one whose Redis is not, one here, one there."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import ExitStack, aclosing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from benchmarks.contest import circumstances
from benchmarks.latency import Answered, ask_all, segments
from benchmarks.processes import ServerProcess, server_process
from benchmarks.redis_replica import Replica, running_replicas
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
class Speaker:
    """Has a session that its server knows: any of its segments could be a repeat, so each asks Redis, and none is spared recognition."""

    server: Server
    token: str
    next_number: int = 1

    def say(self, audio: Sequence[bytes], server: Server | None = None) -> AsyncGenerator[Answered, None]:
        """server: another one, which the session is taken to; the next to hear this is its own, by the same numbers."""
        segments = [(SEGMENT_S, pcm) for pcm in audio]
        first = self.next_number
        self.next_number += 0 if server else len(segments)
        return ask_all((server or self.server).address, segments, self.token, first)


@dataclass(slots=True)
class Measurement:
    """Two servers, each with a Redis of its own: whatever else this machine does strikes both."""

    redis: RedisServer
    """The one with the fault."""
    sick: Server
    other: Server | None
    """On the same Redis, if the fault is `answered_before`."""
    well: Server
    audio: Sequence[bytes]
    """Of one turn."""

    async def run(self, fault: Fault, rounds: int, progress: Callable[[int], None]) -> Waits:
        waits = Waits()
        sick, well = [Speaker(server, await begin(server)) for server in (self.sick, self.well)]
        await self._turn(sick, well, Waits())  # nobody's first segments are measured
        for _ in range(rounds):
            if self.other is not None:
                async for _ in sick.say(self.audio, self.other):
                    pass
                await settled(self.redis)
            fault.strike(self.redis)
            try:
                await self._turn(sick, well, waits)
            finally:
                fault.heal(self.redis)
            waits.recovery_s.append(await recovered(self.sick))
            progress(1)
        return waits

    async def _turn(self, sick: Speaker, well: Speaker, waits: Waits) -> None:
        """One segment here, one there, and each first as often as the other."""
        async with aclosing(sick.say(self.audio)) as sick_answers, aclosing(well.say(self.audio)) as well_answers:
            sides = [(sick_answers, waits.sick_s), (well_answers, waits.well_s)]
            for _ in self.audio:
                for answers, waited_s in sides:
                    waited_s.append((await anext(answers)).final_s)
                sides.reverse()
            for answers, _ in sides:
                await anext(answers, None)  # the end of the stream, in good order


async def recovered(server: Server) -> float:
    """Seconds until the server asks Redis again."""
    begin_s = time.monotonic()
    while total(await asyncio.to_thread(scrape, server.metrics_address), "asr_cache_breaker_open"):
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

    Needs redis-server. Two servers, each with a Redis, one of them sick; the same segments, one here, one there, in sessions taken up again, so that
    each might be a repeat and asks Redis first. From the end of its audio to its final result. A segment that is refused ends the measurement. back
    after: until the server uses its Redis again.

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
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="harken-redis-"))) for _ in range(2)]
        sick_redis, well_redis = [stack.enter_context(running_redis(program, folder)) for folder in folders]
        sick, *others = stack.enter_context(running_servers(sick_redis, model, 2 if fault.answered_before else 1))
        (well,) = stack.enter_context(running_servers(well_redis, model, 1))
        measurement = Measurement(sick_redis, sick, others[0] if others else None, well, audio)
        return asyncio.run(measurement.run(fault, rounds, progress))


@contextmanager
def running_servers(redis_server: RedisServer, model: str, count: int) -> Iterator[list[Server]]:
    with ExitStack() as stack:
        if model == "stub":
            running: Sequence[Replica | ServerProcess] = stack.enter_context(running_replicas(redis_server.port, count))
        else:
            running = [stack.enter_context(server_process("--workers", "1", "--redis", redis_server.url)) for _ in range(count)]
        yield [Server(server.address, server.metrics_address) for server in running]
