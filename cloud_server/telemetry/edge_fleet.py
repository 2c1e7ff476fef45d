"""What all connected edges last said of themselves, summed: microphones by state, speech they hold, its oldest. Pure: time enters as a number."""

from __future__ import annotations

from dataclasses import dataclass

from protos.messages import EdgeReport, MicrophoneState


@dataclass(frozen=True, slots=True)
class _Edge:
    microphone: MicrophoneState
    segments: int
    audio_bytes: int
    oldest_s: float | None
    """When its oldest segment without an answer ended, on the server's clock; None: it has none."""


class EdgeFleet:
    def __init__(self) -> None:
        self._edges: dict[str, _Edge] = {}

    def reported(self, stream_id: str, report: EdgeReport, now_s: float) -> None:
        oldest_s = None if report.oldest_unanswered is None else now_s - max(0.0, report.oldest_unanswered)
        self._edges[stream_id] = _Edge(report.microphone_state, report.spooled_segments, report.spooled_bytes, oldest_s)

    def left(self, stream_id: str) -> None:
        """Its stream ended; what it holds now nobody here knows."""
        self._edges.pop(stream_id, None)

    def microphones(self, state: MicrophoneState) -> int:
        return sum(edge.microphone is state for edge in self._edges.values())

    @property
    def segments(self) -> int:
        return sum(edge.segments for edge in self._edges.values())

    @property
    def audio_bytes(self) -> int:
        return sum(edge.audio_bytes for edge in self._edges.values())

    @property
    def oldest_s(self) -> float | None:
        return min((edge.oldest_s for edge in self._edges.values() if edge.oldest_s is not None), default=None)
