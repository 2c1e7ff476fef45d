"""Looks at a server once a second while it is under load: how long its queue is, how busy its processes and the machine are."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.load.process_cpu import machine_busy_s, tree_cpu_s
from benchmarks.scrape import scrape, total

EVERY_S = 1.0
QUEUED, STREAMS = "asr_queue_queue_audio_seconds", "asr_server_streams"


@dataclass(frozen=True, slots=True)
class Sample:
    at_s: float
    """On the run's clock."""
    queued_audio_s: float | None
    """None: nobody told, as for the other two."""
    streams: float | None
    server_cores: float | None
    """Busy with the server's processes, since the sample before."""
    machine_cores: float
    """Busy with anything on this machine."""


@dataclass(slots=True)
class Sampler:
    metrics_address: str | None
    pids: Sequence[int]
    """Of servers on this machine; none: they are elsewhere."""
    start_s: float
    """Where the run's clock begins, on time.monotonic's."""
    samples: list[Sample] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def server_cpu_s(self) -> float | None:
        return sum(map(tree_cpu_s, self.pids)) if self.pids else None

    def watch(self) -> None:
        then_s, server_s, machine_s = time.monotonic(), self.server_cpu_s(), machine_busy_s()
        while not self._over.wait(EVERY_S):
            now_s, server_now_s, machine_now_s = time.monotonic(), self.server_cpu_s(), machine_busy_s()
            queued, streams = self._queue()
            cores = None if server_s is None or server_now_s is None else (server_now_s - server_s) / (now_s - then_s)
            self.samples.append(Sample(now_s - self.start_s, queued, streams, cores, (machine_now_s - machine_s) / (now_s - then_s)))
            then_s, server_s, machine_s = now_s, server_now_s, machine_now_s

    def end(self) -> None:
        self._over.set()

    def _queue(self) -> tuple[float | None, float | None]:
        if self.metrics_address is None:
            return None, None
        try:
            found = scrape(self.metrics_address, QUEUED, STREAMS)
        except (OSError, ValueError):  # too busy to answer is a fact about the server, told by a gap
            return None, None
        return total(found, QUEUED), total(found, STREAMS)


@contextmanager
def sampling(metrics_address: str | None, pids: Sequence[int], start_s: float) -> Iterator[Sampler]:
    sampler = Sampler(metrics_address, pids, start_s)
    thread = threading.Thread(target=sampler.watch, name="sampler", daemon=True)
    thread.start()
    try:
        yield sampler
    finally:
        sampler.end()
        thread.join()
