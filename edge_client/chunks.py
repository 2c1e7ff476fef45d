"""Segment events -> messages of the contract: audio gathered into chunks, counted and summed. Pure."""

from __future__ import annotations

from collections.abc import Callable

import google_crc32c

from edge_client.segmenter import SegmentContinued, SegmentEnded, SegmentEvent, SegmentPaused, SegmentStarted
from protos.messages import (
    BYTES_PER_SAMPLE,
    MAX_CHUNK_BYTES,
    SAMPLE_RATE_HZ,
    AudioChunk,
    DeviceInfo,
    Priority,
    Request,
    SegmentEnd,
    SegmentPause,
    SegmentStart,
    VadInfo,
)


class Chunker:
    """One for a session; segments follow one another."""

    def __init__(
        self,
        chunk_ms: int,
        vad: VadInfo,
        device: DeviceInfo,
        priority: Priority = Priority.LIVE,
        trace: Callable[[int], str] = lambda _: "",
        *,
        pauses: bool = True,
    ) -> None:
        """trace: segment -> what tells the server whose trace it is. pauses: whether the server is told of them; where audio is read faster than it
        was spoken, what follows one is there already.
        """
        self._chunk_bytes = min(chunk_ms * SAMPLE_RATE_HZ // 1000 * BYTES_PER_SAMPLE, MAX_CHUNK_BYTES)
        self._vad, self._device, self._priority, self._trace = vad, device, priority, trace
        self.tells_pauses, self._pcm = pauses, bytearray()
        self._seq = self._next_sample = self._sample_count = self._crc32c = 0

    def push(self, event: SegmentEvent) -> list[Request]:
        """What to send now: a full chunk at most waits for its rest."""
        match event:
            case SegmentStarted(segment_id, start_sample, pre_roll_samples):
                self._pcm.clear()
                self._seq = self._sample_count = self._crc32c = 0
                self._next_sample = start_sample
                trace = self._trace(segment_id)
                return [SegmentStart(segment_id, start_sample, pre_roll_samples, self._priority, None, self._vad, None, self._device, trace)]
            case SegmentContinued(segment_id, _, pcm):
                self._pcm += pcm
                self._crc32c = google_crc32c.extend(self._crc32c, pcm)
                return self._full_chunks(segment_id)
            case SegmentPaused(segment_id, _):
                return [] if not self.tells_pauses else [*self._rest(segment_id), SegmentPause(segment_id, self._sample_count, self._crc32c)]
            case SegmentEnded(segment_id, reason, _):
                return [*self._rest(segment_id), SegmentEnd(segment_id, reason, self._sample_count, self._crc32c)]

    def _rest(self, segment_id: int) -> list[Request]:
        return [self._chunk(segment_id, len(self._pcm))] if self._pcm else []

    def _full_chunks(self, segment_id: int) -> list[Request]:
        chunks: list[Request] = []
        while len(self._pcm) >= self._chunk_bytes:
            chunks.append(self._chunk(segment_id, self._chunk_bytes))
        return chunks

    def _chunk(self, segment_id: int, size: int) -> AudioChunk:
        chunk = AudioChunk(segment_id, self._seq, self._next_sample, bytes(self._pcm[:size]))
        del self._pcm[:size]
        self._seq += 1
        self._next_sample += size // BYTES_PER_SAMPLE
        self._sample_count += size // BYTES_PER_SAMPLE
        return chunk
