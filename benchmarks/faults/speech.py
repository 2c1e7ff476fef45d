"""Somebody who says one query again and again, each time a little softer, so that no two are heard alike; and what they said at any sample."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.transcribe import read_pcm
from protos import messages as m

# Enough for a segment, short enough for ten thousand.
SPEECH_SAMPLES = 80 * m.FRAME_SAMPLES
# Before and after: more than pre-roll, hang-over and bridge need, so that each query is one segment that begins within it.
PAUSE_SAMPLES = 40 * m.FRAME_SAMPLES
QUERY_SAMPLES = SPEECH_SAMPLES + 2 * PAUSE_SAMPLES
SOFTER = 0.3


class Speech:
    """A source from query `first` to the last of `total`; sample numbers are those of all queries, whoever begins in the middle."""

    def __init__(self, recording: Path, total: int, first: int = 0, allowed: int | None = None) -> None:
        """allowed: queries that may be said for now, of `total`; None: all. Then it is silent until `allow` says more."""
        self._speech: npt.NDArray[np.int16] = np.frombuffer(read_pcm(recording), np.int16)[:SPEECH_SAMPLES]
        self.total, self._first, self._allowed = total, first, total if allowed is None else allowed
        self._more = asyncio.Event()
        self.device = m.DeviceInfo(recording.name, m.SAMPLE_RATE_HZ, "file")
        self.overruns, self.state, self.can_wait = 0, m.MicrophoneState.NOT_USED, True

    def allow(self, queries: int) -> None:
        """So many in all; never fewer than before."""
        self._allowed = max(self._allowed, queries)
        self._more.set()

    def said(self, number: int) -> bytes:
        softened = (self._speech * (1 - SOFTER * number / self.total)).astype(np.int16)
        return np.pad(softened, (PAUSE_SAMPLES, QUERY_SAMPLES - PAUSE_SAMPLES - len(softened))).tobytes()

    async def frames(self) -> AsyncGenerator[m.AudioFrame, None]:
        frame_bytes = m.FRAME_SAMPLES * m.BYTES_PER_SAMPLE
        for number in range(self._first, self.total):
            while number >= self._allowed:
                self._more.clear()
                await self._more.wait()
            pcm = self.said(number)
            for start in range(0, len(pcm), frame_bytes):
                yield m.AudioFrame(number * QUERY_SAMPLES + start // m.BYTES_PER_SAMPLE, pcm[start : start + frame_bytes])

    def samples(self, start_sample: int, end_sample: int) -> bytes:
        """What `frames` gave there."""
        first, last = start_sample // QUERY_SAMPLES, (end_sample - 1) // QUERY_SAMPLES
        pcm = b"".join(self.said(number) for number in range(first, last + 1))
        offset = first * QUERY_SAMPLES
        return pcm[(start_sample - offset) * m.BYTES_PER_SAMPLE : (end_sample - offset) * m.BYTES_PER_SAMPLE]


def number_at(sample: int) -> int:
    """Which query this sample belongs to."""
    return sample // QUERY_SAMPLES
