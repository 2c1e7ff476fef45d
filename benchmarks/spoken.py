"""Recordings as a server receives them, without waiting for them: the edge's own detector, segmenter and chunker on a clock of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edge_client.chunks import Chunker
from edge_client.config import Config
from edge_client.gate import SpeechGate
from edge_client.segmenter import Segmenter, SegmentEvent
from edge_client.vad import FRAME_BYTES, Vad
from protos import messages as m


@dataclass(frozen=True, slots=True)
class Spoken:
    """One segment."""

    start: m.SegmentStart
    chunks: tuple[tuple[float, m.AudioChunk], ...]
    """Each with the moment the edge has it, in seconds on the capture clock."""
    end: m.SegmentEnd
    closed_s: float
    """When the edge knew that it had ended."""
    pauses: tuple[tuple[float, m.SegmentPause], ...] = ()
    """Each with the moment the edge tells of it."""

    @property
    def onset_s(self) -> float:
        """Where the detector heard speech begin, on the capture clock."""
        return (self.start.capture_start + self.start.pre_roll) / m.SAMPLE_RATE_HZ

    @property
    def pcm(self) -> bytes:
        return b"".join(chunk.data for _, chunk in self.chunks)


def spoken_segments(pcm: bytes, config: Config) -> Iterator[Spoken]:
    """A recording's segments. pcm: signed 16-bit little-endian at 16 kHz."""
    vad = Vad(config.vad)
    chunker = Chunker(config.transport.chunk_ms, vad.info, m.DeviceInfo(source="file"))
    start, chunks, pauses = m.SegmentStart(), list[tuple[float, m.AudioChunk]](), list[tuple[float, m.SegmentPause]]()
    for now_s, event in _events(pcm, config, vad):
        for request in chunker.push(event):
            match request:
                case m.SegmentStart():
                    start, chunks, pauses = request, [], []
                case m.AudioChunk():
                    chunks.append((now_s, request))
                case m.SegmentPause():
                    pauses.append((now_s, request))
                case m.SegmentEnd():
                    yield Spoken(start, tuple(chunks), request, now_s, tuple(pauses))


def _events(pcm: bytes, config: Config, vad: Vad) -> Iterator[tuple[float, SegmentEvent]]:
    gate, segmenter, samples = SpeechGate(config.vad), Segmenter(config.segmenter), 0
    for first in range(0, len(pcm), FRAME_BYTES):
        frame = m.AudioFrame(samples, pcm[first : first + FRAME_BYTES])
        samples += len(frame.pcm) // m.BYTES_PER_SAMPLE
        voiced = gate.decide(frame.pcm, vad.is_voiced(frame), segmenter.is_open)
        for event in segmenter.push(frame, voiced):
            yield samples / m.SAMPLE_RATE_HZ, event
    for event in segmenter.finish():
        yield samples / m.SAMPLE_RATE_HZ, event
