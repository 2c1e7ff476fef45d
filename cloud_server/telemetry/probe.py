"""A synthetic segment now and then through everybody's queue and workers: at night, when nobody speaks, it alone says that all is well."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

import numpy as np

from protos.errors import SpeechError
from protos.messages import SAMPLE_RATE_HZ, Segment

log = logging.getLogger(__name__)

SECONDS = 0.5
TENANT = "harken-probe"
Recognize = Callable[[Segment], Awaitable[object]]
Tell = Callable[[bool, float], None]


def probe_segment() -> Segment:
    """Half a second of three tones that swell: no silence, which a recogniser need not listen to, and nothing that anybody said."""
    at_s = np.arange(int(SECONDS * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    tones = sum(np.sin(2 * np.pi * hertz * at_s) for hertz in (220.0, 660.0, 1760.0))
    return Segment(1, 0, (3000 * tones * np.hanning(len(at_s))).astype("<i2").tobytes())


async def probe(recognize: Recognize, tell: Tell, every_s: float) -> None:
    """Until cancelled. tell: whether it was answered, and after how many seconds. Any answer will do: what tones sound like is not the question."""
    segment = probe_segment()
    while True:
        begin_s = time.monotonic()
        try:
            await recognize(segment)
            is_answered = True
        except SpeechError as error:
            log.warning("the probe got no answer: %s", error)
            is_answered = False
        tell(is_answered, time.monotonic() - begin_s)
        await asyncio.sleep(every_s)
