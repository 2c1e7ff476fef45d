"""What a session amounted to, and where its counters stood at a moment."""

from __future__ import annotations

from dataclasses import dataclass

from protos import messages as m


@dataclass(frozen=True, slots=True)
class Summary:
    captured_seconds: float
    voiced_seconds: float
    sent_seconds: float
    bytes_sent: int
    """Of audio that left this machine; what could not be sent is not counted."""
    segments: int
    rejected: int
    notices: tuple[str, ...] = ()

    @property
    def bytes_saved_ratio(self) -> float:
        """Of what streaming everything captured would have cost; 0 where nothing was captured."""
        captured_bytes = self.captured_seconds * m.SAMPLE_RATE_HZ * m.BYTES_PER_SAMPLE
        return 1 - self.bytes_sent / captured_bytes if captured_bytes else 0.0


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the counters stood at a moment: reports carry differences, because the server adds them up."""

    at_s: float
    captured: int = 0
    voiced: int = 0
    accepted_bytes: int = 0
    overruns: int = 0
    reconnects: int = 0
