"""No model: the same words for the same samples, and as slow as asked for. Policy is measured with it, not accuracy."""

from __future__ import annotations

import hashlib
import time

from models.records import Recognition
from protos import messages as m


def transcript_of(pcm: bytes) -> str:
    return "heard " + hashlib.sha256(pcm).hexdigest()[:12]


class DeterministicStub:
    def __init__(self, busy_s: float) -> None:
        """busy_s: for each second of audio; the worker sleeps, as if another core worked."""
        self._busy_s = busy_s

    def recognize(self, pcm: bytes, start_sample: int) -> Recognition:
        if self._busy_s:
            time.sleep(self._busy_s * len(pcm) / m.BYTES_PER_SAMPLE / m.SAMPLE_RATE_HZ)
        word = m.Word("heard", start_sample, start_sample + len(pcm) // m.BYTES_PER_SAMPLE, 0.9)
        return Recognition(m.FinalReason.RECOGNIZED, (m.Hypothesis(transcript_of(pcm), 0.9, -0.1, (word,)),), ())


def make_stub(busy_s: str = "0") -> tuple[DeterministicStub, m.ModelInfo]:
    return DeterministicStub(float(busy_s)), m.ModelInfo("deterministic-stub", "1", "en", "none", "0" * 64)
