"""What a session amounted to."""

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
