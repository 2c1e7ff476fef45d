"""One edge, one server, a proxy between them, and faults at random moments: who lost what, and how soon it went on."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.faults.proxy import Proxy, running_proxy
from benchmarks.faults.server_process import transcript_of
from edge_client.app import EdgeSession
from edge_client.config import Config, SpoolConfig, TransportConfig
from edge_client.ledger import SegmentOutcome
from models.transcribe import read_pcm
from protos import messages as m

KINDS = ("cut", "reset", "stall", "kill")
SILENCE = bytes(2 * m.SAMPLE_RATE_HZ)
FRAME_BYTES = m.FRAME_SAMPLES * m.BYTES_PER_SAMPLE
# Half-open links are found within two seconds here, that a campaign may end; what is found is the same.
KEEPALIVE_S = 1.0


class Repeated:
    """A query said again and again, each time a little softer, so that no two are heard alike."""

    def __init__(self, recording: Path, times: int) -> None:
        self._speech: npt.NDArray[np.int16] = np.frombuffer(read_pcm(recording), np.int16)
        self._times = times
        self.device = m.DeviceInfo(recording.name, m.SAMPLE_RATE_HZ, "file")
        self.overruns, self.state, self.can_wait = 0, m.MicrophoneState.NOT_USED, True

    def said(self, number: int) -> bytes:
        return (self._speech * (1 - 0.3 * number / self._times)).astype(np.int16).tobytes() + SILENCE

    async def frames(self) -> AsyncGenerator[m.AudioFrame, None]:
        start_sample = 0
        for number in range(self._times):
            pcm = self.said(number)
            for start in range(0, len(pcm) - len(pcm) % FRAME_BYTES, FRAME_BYTES):
                yield m.AudioFrame(start_sample, pcm[start : start + FRAME_BYTES])
                start_sample += m.FRAME_SAMPLES

    def samples(self, start_sample: int, end_sample: int) -> bytes:
        """What `frames` gave there."""
        length = len(self.said(0)) // FRAME_BYTES * m.FRAME_SAMPLES
        first, last = start_sample // length, (end_sample - 1) // length
        pcm = b"".join(self.said(number)[: length * m.BYTES_PER_SAMPLE] for number in range(first, last + 1))
        return pcm[(start_sample - first * length) * m.BYTES_PER_SAMPLE : (end_sample - first * length) * m.BYTES_PER_SAMPLE]


@dataclass(slots=True)
class Campaign:
    recording: Path
    segments: int
    injections: int
    seed: int
    spool: Path
    on_injection: Callable[[int], None]
    _process: Process | None = None
    _recovery_s: list[float] = field(default_factory=list)
    _restored_s: float | None = None
    _injected: Counter[str] = field(default_factory=Counter)
    _answered: int = 0
    _progress: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> dict[str, Any]:
        source = Repeated(self.recording, self.segments)
        async with AsyncExitStack() as stack:
            address = await self._start()
            stack.push_async_callback(self._kill)
            proxy = await stack.enter_async_context(running_proxy(address))
            transport = TransportConfig(
                proxy.address, keepalive_s=KEEPALIVE_S, keepalive_timeout_s=KEEPALIVE_S, attempt_timeout_s=2.0, max_unanswered_s=10.0
            )
            session = EdgeSession(source, Config(transport=transport, spool=SpoolConfig(self.spool)))
            injecting = asyncio.create_task(self._inject(proxy))
            outcomes = list[SegmentOutcome]()
            async for outcome in session.outcomes():
                outcomes.append(outcome)
                if self._restored_s is not None:
                    self._recovery_s.append(time.monotonic() - self._restored_s)
                    self._restored_s = None
                self._answered = len(outcomes)
                self._progress.set()
            injecting.cancel()
            await asyncio.gather(injecting, return_exceptions=True)
        return {**verdict(outcomes, session.summary.segments, source), **self._figures(), "reconnects": session.reconnects}

    def _figures(self) -> dict[str, Any]:
        p50, p95 = np.percentile(self._recovery_s, (50, 95)) if self._recovery_s else (0.0, 0.0)
        recovery = {"p50": round(float(p50), 3), "p95": round(float(p95), 3), "max": round(max(self._recovery_s, default=0.0), 3)}
        return {"injections": sum(self._injected.values()), "kinds": dict(self._injected), "recovery_seconds": recovery, "seed": self.seed}

    async def _inject(self, proxy: Proxy) -> None:
        chance = random.Random(self.seed)
        for number in range(1, self.injections + 1):
            await self._until_answered(number * self.segments // (self.injections + 1))
            await proxy.until_passed(proxy.passed_bytes + chance.randrange(100_000))
            kind = chance.choice(KINDS)
            await self._strike(kind, proxy)
            self._injected[kind] += 1
            self._restored_s = time.monotonic()
            self.on_injection(1)

    async def _strike(self, kind: str, proxy: Proxy) -> None:
        if kind == "kill":
            await self._kill()
            proxy.point_at(await self._start())
        elif kind == "stall":
            links = proxy.links_made
            proxy.stall()
            while proxy.links_made == links:
                await proxy.linked.wait()
            proxy.cut()
            proxy.flow()
        else:
            getattr(proxy, kind)()

    async def _until_answered(self, count: int) -> None:
        while self._answered < count:
            self._progress.clear()
            await self._progress.wait()

    async def _start(self) -> str:
        self._process = await asyncio.create_subprocess_exec(sys.executable, "-m", "benchmarks.faults.server_process", stdout=PIPE)
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        return (await self._process.stdout.readline()).decode().strip()

    async def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()


def verdict(outcomes: list[SegmentOutcome], closed: int, source: Repeated) -> dict[str, int]:
    """closed: segments the edge has ended, each of which must have ended as a transcript of its own samples."""
    numbers = [outcome.segment_id for outcome in outcomes]
    heard = {outcome.segment_id for outcome in outcomes if isinstance(outcome.answer, m.Result)}
    return {
        "segments": closed,
        "lost": closed - len(heard),
        "doubled": len(numbers) - len(set(numbers)),
        "reordered": sum(later < earlier for earlier, later in pairwise(numbers)),
        "text_differs": sum(differs(outcome, source) for outcome in outcomes),
    }


def differs(outcome: SegmentOutcome, source: Repeated) -> bool:
    if not isinstance(outcome.answer, m.Result):
        return False
    text = outcome.answer.alternatives[0].transcript if outcome.answer.alternatives else ""
    return text != transcript_of(source.samples(outcome.start_sample, outcome.end_sample))
