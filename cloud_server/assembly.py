"""Chunks of one segment -> a Segment, checked against what its sender says of it. Pure: no clock, no network."""

from __future__ import annotations

from dataclasses import dataclass, field

import google_crc32c

from cloud_server.interim import Hear, Interim
from protos.errors import ChecksumMismatch, InvalidAudio, InvalidRequest, ProtocolError, TooLong
from protos.messages import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ, AudioChunk, Limits, Priority, Segment, SegmentEnd, SegmentPause, SegmentStart

# Positions are rounded to samples at the edge and again here; more than this apart means audio is missing.
OFFSET_TOLERANCE_SAMPLES = 1
# A century of capturing. Far more would not fit the Duration that carries word times back.
MAX_CAPTURE_SAMPLES = 100 * 366 * 86_400 * SAMPLE_RATE_HZ


MAX_GUESSED = 3
"""Times a segment's audio, recognised in its pauses at the most: no quota counts that, and nobody shall have it without end."""


@dataclass(slots=True)
class Assembly:
    """One open segment."""

    start: SegmentStart
    limits: Limits
    heard_s: float
    """When its last message came, on the session's clock."""
    _pcm: bytearray = field(default_factory=bytearray, init=False)
    _next_seq: int = field(default=0, init=False)
    _guessed_samples: int = field(default=0, init=False)
    interim: Interim = field(default_factory=Interim, init=False)

    def __post_init__(self) -> None:
        """Raises: InvalidRequest: a field of the start breaks a rule."""
        if self.start.capture_start < 0 or self.start.pre_roll < 0:
            raise InvalidRequest(f"capture_start {self.start.capture_start} and pre_roll {self.start.pre_roll} samples must not be negative")
        if max(self.start.capture_start, self.start.pre_roll) > MAX_CAPTURE_SAMPLES:
            raise InvalidRequest(
                f"capture_start {self.start.capture_start} and pre_roll {self.start.pre_roll} samples must be at most {MAX_CAPTURE_SAMPLES}"
            )
        if self.start.deadline is not None and self.start.deadline <= 0:
            raise InvalidRequest(f"deadline is {self.start.deadline:g} s, must be positive")

    @property
    def priority(self) -> Priority:
        return Priority.CATCHUP if self.start.priority is Priority.CATCHUP else Priority.LIVE

    @property
    def sample_count(self) -> int:
        return len(self._pcm) // BYTES_PER_SAMPLE

    def add(self, chunk: AudioChunk, now_s: float) -> None:
        """Raises: ProtocolError: a chunk is missing or out of place. InvalidAudio: not whole samples. TooLong: the chunk, or the segment so far."""
        if len(chunk.data) > self.limits.max_chunk_bytes:
            raise TooLong(f"chunk {chunk.seq} has {len(chunk.data)} bytes, at most {self.limits.max_chunk_bytes} are allowed")
        if len(chunk.data) % BYTES_PER_SAMPLE:
            raise InvalidAudio(f"chunk {chunk.seq} has {len(chunk.data)} bytes, not a multiple of {BYTES_PER_SAMPLE}")
        if chunk.seq != self._next_seq:
            raise ProtocolError(f"chunk {chunk.seq} came, chunk {self._next_seq} was expected")
        expected = self.start.capture_start + self.sample_count
        if abs(chunk.capture_offset - expected) > OFFSET_TOLERANCE_SAMPLES:
            raise ProtocolError(f"chunk {chunk.seq} begins at sample {chunk.capture_offset}, sample {expected} was expected")
        seconds = (self.sample_count + len(chunk.data) // BYTES_PER_SAMPLE) / SAMPLE_RATE_HZ
        if seconds > self.limits.max_segment:
            raise TooLong(f"the segment has {seconds:.2f} s so far, at most {self.limits.max_segment:g} s are allowed")
        self._pcm += chunk.data
        self._next_seq += 1
        self.heard_s = now_s

    def due(self, hop_samples: int) -> Hear | None:
        """What came since it was last heard, if that is worth another interim result. Nobody watches a backlog being caught up with."""
        if not hop_samples or self.priority is Priority.CATCHUP:
            return None
        return self.interim.due(self.start.segment_id, self.start.capture_start, self._pcm, hop_samples)

    def paused(self, pause: SegmentPause) -> Segment | None:
        """What may be the whole segment. None: it is not what its sender means, which segment_end will tell; nobody waits for a backlog; or enough of
        this one was recognised for nothing.
        """
        guessed = self._guessed_samples + self.sample_count
        if self.priority is Priority.CATCHUP or pause.sample_count != self.sample_count or not 0 < guessed <= MAX_GUESSED * self.sample_count:
            return None
        pcm = bytes(self._pcm)
        if google_crc32c.value(pcm) != pause.crc32c:
            return None
        self._guessed_samples = guessed
        return Segment(self.start.segment_id, self.start.capture_start, pcm)

    def finish(self, end: SegmentEnd) -> Segment:
        """Raises: ProtocolError: another number of samples came than were sent. ChecksumMismatch."""
        if end.sample_count != self.sample_count:
            raise ProtocolError(f"{self.sample_count} samples came, segment_end says {end.sample_count}")
        pcm = bytes(self._pcm)
        crc32c = google_crc32c.value(pcm)
        if end.crc32c != crc32c:
            raise ChecksumMismatch(f"crc32c of what came is {crc32c:08x}, segment_end says {end.crc32c:08x}")
        return Segment(self.start.segment_id, self.start.capture_start, pcm)
