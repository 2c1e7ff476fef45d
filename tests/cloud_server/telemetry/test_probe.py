"""A server that answers nobody is found out, and one that answers is left in peace."""

from __future__ import annotations

import asyncio

import numpy as np

from cloud_server.telemetry.probe import SECONDS, probe, probe_segment
from protos.errors import Overloaded
from protos.messages import SAMPLE_RATE_HZ, Segment


def test_it_sounds_like_something_and_clips_nowhere() -> None:
    segment = probe_segment()
    samples = np.frombuffer(segment.pcm, "<i2")
    assert len(samples) == SECONDS * SAMPLE_RATE_HZ
    assert 3000 < np.abs(samples).max() < 32767


async def test_it_tells_failure_and_success_and_goes_on() -> None:
    told: list[bool] = []
    asked: list[Segment] = []

    async def recognize(segment: Segment) -> None:
        asked.append(segment)
        if len(asked) == 1:
            raise Overloaded("60 s of audio are queued", 1.0)

    def tell(is_answered: bool, seconds: float) -> None:
        assert seconds >= 0
        told.append(is_answered)
        if len(told) == 2:
            probing.cancel()

    probing = asyncio.create_task(probe(recognize, tell, 0.0))
    await asyncio.gather(probing, return_exceptions=True)
    assert told == [False, True]
