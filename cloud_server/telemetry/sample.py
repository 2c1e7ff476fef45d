"""Measures one segment a second at most, in a thread of its own: pitch alone costs as much as recognising (measured: 15 ms for 3.5 s of audio).

And a second later: at once it would take the interpreter from the search of that very segment (measured on a busy machine: searches beyond 0.3 s).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from cloud_server.telemetry.quality_metrics import CLIPPED_SHARE, OFFSET, QUIET_DBFS
from models.features import Waveform, pcm_to_waveform
from models.measures import measures
from models.records import Recognition

log = logging.getLogger(__name__)

EVERY_S = DELAY_S = 1.0
FULL_SCALE = 0.999
Later = Callable[[Callable[[], None]], object]
Tell = Callable[[Mapping[str, float], Iterable[str]], None]


class Sample:
    """`tell` is called in this object's thread with the measures and flags of a segment; `offer` never waits."""

    def __init__(self, tell: Tell, every_s: float = EVERY_S, clock: Callable[[], float] = time.monotonic, later: Later | None = None) -> None:
        """later: calls a function after DELAY_S; None: on the running event loop."""
        self._tell, self._every_s, self._clock, self._later = tell, every_s, clock, later or on_this_loop
        self._due_s = clock()
        self._is_closed = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sample")
        self._running: Future[None] | None = None

    def offer(self, pcm: bytes, recognition: Recognition) -> bool:
        """Whether it was taken: the next one is due, and the one before is done."""
        now_s = self._clock()
        if now_s < self._due_s or (self._running is not None and not self._running.done()):
            return False
        self._due_s = now_s + self._every_s
        self._later(lambda: self._start(pcm, recognition))
        return True

    def close(self) -> None:
        """After what is being measured."""
        self._is_closed = True
        self._thread.shutdown()

    def _start(self, pcm: bytes, recognition: Recognition) -> None:
        if not self._is_closed:
            self._running = self._thread.submit(self._measure, pcm, recognition)

    def _measure(self, pcm: bytes, recognition: Recognition) -> None:
        try:
            waveform = pcm_to_waveform(pcm)
            found = measures(waveform, recognition)
            self._tell(found, flags(waveform, found))
        except Exception:  # whatever a measure trips over: the segment has its answer, and the next one is measured
            log.exception("a segment of %d bytes could not be measured", len(pcm))


def on_this_loop(start: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(DELAY_S, start)


def flags(waveform: Waveform, found: Mapping[str, float]) -> list[str]:
    """What is wrong with the sound itself: `quality_metrics.FLAGS`. waveform: (S,) in -1..1."""
    if not len(waveform):
        return []
    wrong = {
        "clipped": float((np.abs(waveform) >= FULL_SCALE).mean()) > CLIPPED_SHARE,
        "quiet": found.get("level_dbfs", -np.inf) < QUIET_DBFS,
        "offset": abs(float(waveform.mean())) > OFFSET,
    }
    return [flag for flag, is_so in wrong.items() if is_so]
