"""One server under steady load for a while: its memory sampled, and what it holds before and after."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.faults.checker import check
from benchmarks.faults.history import History
from benchmarks.faults.servers import Server, Servers
from benchmarks.soak.load import Load
from benchmarks.soak.verdict import Growth, Sample, growth

LOAD_SHARE = 0.8
CAPACITY_S = 10.0
"""As fast as it goes, to know what there is a share of."""
WARM_UP = 0.4
FULL_MEMORY_SEGMENTS = 10_500
"""Then a server keeps as many answers for repeats as it ever will (Finals: 10,000, and ten minutes at most); until then it must grow."""
SAMPLES = 400
SAMPLE_EVERY_S = (0.1, 1.5)
"""At the most often, and the most seldom."""


@dataclass(frozen=True, slots=True)
class Settings:
    seconds: float
    cancel_ratio: float
    seed: int
    folder: Path
    segments: int | None = None
    """End once so many are answered, as fast as it goes; None: after `seconds`, at a share of what it can do."""
    warm_up_segments: int = FULL_MEMORY_SEGMENTS
    server_arguments: tuple[str, ...] = ()


class Soak:
    def __init__(self, settings: Settings, on_progress: Callable[[float], None] = lambda _: None) -> None:
        """on_progress: told how much of it is done, 0 to 1."""
        self._settings, self._on_progress = settings, on_progress
        self._samples: list[Sample] = []

    async def run(self) -> dict[str, Any]:
        settings = self._settings
        async with AsyncExitStack() as stack:
            history = stack.enter_context(History(settings.folder / "history.jsonl"))
            servers = Servers(history, ("--no-diary", "--ping-scale", "1", *settings.server_arguments))
            stack.push_async_callback(servers.close)
            server = await servers.start(with_spare=False)
            load = Load(server.address, settings.cancel_ratio, settings.seed)
            capacity = await self._soak(server, load)
            history.write(await server.settled_vitals(), server.child.who)
            await server.child.stop()
        findings = check(history.records, lambda *_: "")
        grown = growth(self._samples, WARM_UP, settings.warm_up_segments)
        return {
            "passed": is_kept(grown, asdict(load.counts), findings.left, findings.verdict.bad_exits),
            **asdict(grown),
            **asdict(load.counts),
            "left": list(findings.left),
            "bad_exits": findings.verdict.bad_exits,
            "capacity_segments_per_s": capacity,
            "seed": settings.seed,
        }

    async def _soak(self, server: Server, load: Load) -> float | None:
        """What the server can do, if it was asked for that."""
        settings, counts = self._settings, load.counts
        pids = [server.child.pid, *await server.worker_pids()]
        began_s = time.monotonic()

        def done() -> float:
            if settings.segments is not None:
                return counts.answered / settings.segments
            return (time.monotonic() - began_s) / settings.seconds

        sampling = asyncio.create_task(self._sample(pids, load, done))
        capacity, capacity_s = None, min(CAPACITY_S, settings.seconds / 5)
        if settings.segments is None:
            await load.run(lambda: time.monotonic() - began_s >= capacity_s)
            capacity = round(counts.answered / (time.monotonic() - began_s), 1)
        await load.run(lambda: done() >= 1, None if capacity is None else LOAD_SHARE * capacity)
        sampling.cancel()
        await asyncio.gather(sampling, return_exceptions=True)
        return capacity

    async def _sample(self, pids: Sequence[int], load: Load, done: Callable[[], float]) -> None:
        often_s, seldom_s = SAMPLE_EVERY_S
        while True:
            counts = load.counts
            self._samples.append(Sample(time.monotonic(), rss_bytes(pids), counts.answered, counts.cancelled))
            self._on_progress(min(1.0, done()))
            await asyncio.sleep(min(seldom_s, max(often_s, self._settings.seconds / SAMPLES)))


def is_kept(grown: Growth, counts: dict[str, int], left: Sequence[str], bad_exits: int) -> bool:
    return not (grown.is_leak or left or bad_exits or counts["failed"] or counts["rejected"])


def rss_bytes(pids: Sequence[int]) -> int:
    """Of all of them together. Raises: FileNotFoundError: one has ended."""
    status = [Path(f"/proc/{pid}/status").read_text() for pid in pids]
    return 1024 * sum(int(line.split()[1]) for text in status for line in text.splitlines() if line.startswith("VmRSS:"))
