"""Streams on which nobody speaks, links that are half open, and speech an outage left behind: what they cost, and how soon all is well again."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.faults.proxy import running_proxy
from benchmarks.overload.cpu import core_share
from benchmarks.overload.server_process import Overwhelmed, ServerOptions, overwhelmed
from benchmarks.overload.verdict import restless
from benchmarks.scrape import scrape, total
from edge_client.app import EdgeSession
from edge_client.channel import open_channel
from edge_client.config import Config, SpoolConfig, TransportConfig
from edge_client.ledger import SegmentOutcome
from models.transcribe import read_pcm
from protos import codec
from protos import messages as m
from protos import speech_search_pb2_grpc as pb_grpc

RECORDING = Path(__file__).resolve().parents[2] / "tests" / "recordings" / "pumpkin-pie.flac"
FRAME_BYTES = m.FRAME_SAMPLES * m.BYTES_PER_SAMPLE
PAUSE = bytes(m.BYTES_PER_SAMPLE * m.SAMPLE_RATE_HZ)
LOOK_EVERY_S = 0.05
NOBODY = "127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Stillness:
    streams: int = 100
    idle_s: float = 20.0
    silence_s: float = 600.0
    time_scale: float = 1.0
    """Keep-alive so many times as often, and the silence so much shorter: what is found is the same."""
    backlog_s: float = 60.0


class Sounds:
    """A source: the recording and a pause again and again until there is so much of it; real time if a pace is given, else as fast as it is read."""

    def __init__(self, pcm: bytes, audio_s: float, paced: bool) -> None:
        self._pcm, self._audio_s, self._paced = pcm, audio_s, paced
        self.device = m.DeviceInfo("made", m.SAMPLE_RATE_HZ, "file")
        self.overruns, self.state, self.can_wait = 0, m.MicrophoneState.NOT_USED, not paced

    async def frames(self) -> AsyncGenerator[m.AudioFrame, None]:
        begin_s = time.monotonic()
        for number in range(round(self._audio_s * m.SAMPLE_RATE_HZ) // m.FRAME_SAMPLES):
            begin = number * FRAME_BYTES % (len(self._pcm) - len(self._pcm) % FRAME_BYTES)
            if self._paced and (wait_s := begin_s + number * m.FRAME_MS / 1000 - time.monotonic()) > 0:
                await asyncio.sleep(wait_s)
            yield m.AudioFrame(number * m.FRAME_SAMPLES, self._pcm[begin : begin + FRAME_BYTES])


def silence(audio_s: float) -> Sounds:
    return Sounds(PAUSE, audio_s, paced=True)


async def still(options: ServerOptions, plan: Stillness, say: Callable[[str], None]) -> dict[str, Any]:
    """Figures, and the promises they do not keep as `broken`."""
    found: dict[str, Any] = {"time_scale": plan.time_scale}
    options = replace(options, keepalive_s=options.keepalive_s / plan.time_scale)
    async with overwhelmed(options) as server:
        say(f"{plan.streams} streams on which nobody speaks")
        found["idle"] = await idle_cost(server, plan)
        say(f"{plan.backlog_s:g} s of speech from an outage")
        found["backlog"] = await drained_backlog(server.address, plan.backlog_s)
        say("a link that is half open")
        found["half_open_seconds"] = await half_open(server, plan)
        say(f"{plan.silence_s / plan.time_scale:g} s of silence")
        found["silence"] = await kept_silence(server.address, plan)
    return {**found, "broken": restless(found)}


async def idle_cost(server: Overwhelmed, plan: Stillness) -> dict[str, Any]:
    """What the streams add to what the server takes anyway; each has a connection of its own, as edges have."""
    with core_share(server.pid) as alone:
        await asyncio.sleep(plan.idle_s)
    async with AsyncExitStack() as stack:
        calls = []
        for _ in range(plan.streams):
            channel = await stack.enter_async_context(open_channel(transport(server.address, plan)))
            call = pb_grpc.SpeechSearchStub(channel).StreamingRecognize()
            await call.write(codec.encode_request(m.StreamingConfig()))
            await call.read()
            calls.append(call)
        with core_share(server.pid) as together:
            await asyncio.sleep(plan.idle_s)
        for call in calls:
            await call.done_writing()
            await call.read()
    shares = {"without_streams": round(alone.share, 5), "with_streams": round(together.share, 5)}
    return {"streams": plan.streams, "core_share": round(max(0.0, together.share - alone.share), 5), **shares}


async def drained_backlog(address: str, backlog_s: float) -> dict[str, Any]:
    """Seconds from a fresh start of the edge to the last answer of what an earlier run, without a server, left in its spool."""
    with tempfile.TemporaryDirectory(prefix="harken-idle-") as folder:
        spool = SpoolConfig(Path(folder) / "spool")
        away = TransportConfig(NOBODY, connect_timeout_s=0.2)
        before = EdgeSession(Sounds(read_pcm(RECORDING) + PAUSE, backlog_s, paced=False), Config(transport=away, spool=spool))
        kept = [outcome async for outcome in before.outcomes()]
        begin_s, earlier = time.monotonic(), list[SegmentOutcome]()
        after = EdgeSession(silence(0.02), Config(transport=TransportConfig(address), spool=spool), on_earlier=earlier.append)
        async for _ in after.outcomes():
            pass
        seconds = time.monotonic() - begin_s
    answered = sum(isinstance(outcome.answer, m.Result) for outcome in earlier)
    return {"audio_seconds": backlog_s, "segments": len(kept), "answered": answered, "seconds": round(seconds, 2)}


async def half_open(server: Overwhelmed, plan: Stillness) -> dict[str, float]:
    """Seconds from the moment nothing passes any more until the edge dials again, and until the server has given the stream up."""
    async with running_proxy(server.address) as proxy:
        session = EdgeSession(silence(1e6), Config(transport=transport(proxy.address, plan)))
        living = asyncio.create_task(_outcomes(session))
        await _until_streams(server, 1)
        proxy.stall()
        begin_s, links = time.monotonic(), proxy.links_made

        async def edge_found() -> float:
            while proxy.links_made == links:
                proxy.linked.clear()
                await proxy.linked.wait()
            return time.monotonic() - begin_s

        async def server_found() -> float:
            await _until_streams(server, 0)
            return time.monotonic() - begin_s

        edge_s, server_s = await asyncio.gather(edge_found(), server_found())
        proxy.flow()
        session.stop()
        await living
    return {"edge": round(edge_s * plan.time_scale, 2), "server": round(server_s * plan.time_scale, 2)}


async def kept_silence(address: str, plan: Stillness) -> dict[str, Any]:
    """One edge that listens and hears nothing."""
    seconds = plan.silence_s / plan.time_scale
    session = EdgeSession(silence(seconds), Config(transport=transport(address, plan)))
    outcomes = await _outcomes(session)
    return {"seconds": seconds, "reconnects": session.reconnects, "segments": outcomes}


def transport(address: str, plan: Stillness) -> TransportConfig:
    usual = TransportConfig(address)
    return replace(usual, keepalive_s=usual.keepalive_s / plan.time_scale, keepalive_timeout_s=usual.keepalive_timeout_s / plan.time_scale)


async def _outcomes(session: EdgeSession) -> int:
    return len([outcome async for outcome in session.outcomes()])


async def _until_streams(server: Overwhelmed, count: int) -> None:
    while round(total(await asyncio.to_thread(scrape, server.metrics_address), "asr_server_streams")) != count:  # noqa: ASYNC110 - seen from outside
        await asyncio.sleep(LOOK_EVERY_S)
