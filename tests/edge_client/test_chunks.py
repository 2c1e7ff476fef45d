"""Segment events become messages that carry every byte once."""

from __future__ import annotations

import google_crc32c
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_client.chunks import Chunker
from edge_client.segmenter import SegmentContinued, SegmentEnded, SegmentPaused, SegmentStarted
from protos.messages import MAX_CHUNK_BYTES, AudioChunk, DeviceInfo, EndReason, Priority, SegmentEnd, SegmentPause, SegmentStart, VadInfo

VAD, DEVICE = VadInfo("webrtc", "mode 1"), DeviceInfo("m", 48000, "microphone")


@settings(deadline=None)
@given(st.lists(st.binary(min_size=2, max_size=640).map(lambda b: b[: len(b) // 2 * 2]), max_size=60), st.sampled_from([100, 200, 400]))
def test_chunks_are_the_segment_in_order_with_its_count_and_sum(frames: list[bytes], chunk_ms: int) -> None:
    chunker, position = Chunker(chunk_ms, VAD, DEVICE), 5000
    requests = chunker.push(SegmentStarted(3, 5000, 4800))
    for pcm in frames:
        requests += chunker.push(SegmentContinued(3, position, pcm))
        position += len(pcm) // 2
    start, *chunks, end = [*requests, *chunker.push(SegmentEnded(3, EndReason.SILENCE, position))]
    assert start == SegmentStart(3, 5000, 4800, Priority.LIVE, vad=VAD, device=DEVICE)
    whole = b"".join(frames)
    offset = 5000
    for seq, chunk in enumerate(chunks):
        assert isinstance(chunk, AudioChunk)
        assert (chunk.segment_id, chunk.seq, chunk.capture_offset) == (3, seq, offset)
        assert len(chunk.data) == chunk_ms * 32 or chunk is chunks[-1]
        assert len(chunk.data) <= MAX_CHUNK_BYTES
        offset += len(chunk.data) // 2
    assert b"".join(chunk.data for chunk in chunks if isinstance(chunk, AudioChunk)) == whole
    assert end == SegmentEnd(3, EndReason.SILENCE, len(whole) // 2, google_crc32c.value(whole))


def test_a_pause_sends_all_there_is_and_says_what_the_end_would() -> None:
    chunker = Chunker(200, VAD, DEVICE)
    chunker.push(SegmentStarted(1, 0, 0))
    chunker.push(SegmentContinued(1, 0, b"ab" * 100))
    rest, pause = chunker.push(SegmentPaused(1, 100))
    assert rest == AudioChunk(1, 0, 0, b"ab" * 100)
    assert pause == SegmentPause(1, 100, google_crc32c.value(b"ab" * 100))
    assert chunker.push(SegmentContinued(1, 100, b"cd" * 50)) == []
    assert chunker.push(SegmentPaused(1, 150))[0] == AudioChunk(1, 1, 100, b"cd" * 50)
    assert chunker.push(SegmentEnded(1, EndReason.SILENCE, 150)) == [
        SegmentEnd(1, EndReason.SILENCE, 150, google_crc32c.value(b"ab" * 100 + b"cd" * 50))
    ]


def test_a_file_read_at_full_speed_tells_no_pauses() -> None:
    chunker = Chunker(200, VAD, DEVICE, pauses=False)
    chunker.push(SegmentStarted(1, 0, 0))
    chunker.push(SegmentContinued(1, 0, b"ab" * 100))
    assert chunker.push(SegmentPaused(1, 100)) == []
    assert len(chunker.push(SegmentEnded(1, EndReason.SILENCE, 100))) == 2


def test_counters_begin_anew_with_each_segment() -> None:
    chunker = Chunker(200, VAD, DEVICE)
    ends = []
    for segment_id in (1, 2):
        chunker.push(SegmentStarted(segment_id, 0, 0))
        chunker.push(SegmentContinued(segment_id, 0, b"ab" * 100))
        chunk, end = chunker.push(SegmentEnded(segment_id, EndReason.SILENCE, 100))
        assert isinstance(chunk, AudioChunk)
        assert chunk.seq == 0
        ends.append(end)
    assert ends == [SegmentEnd(number, EndReason.SILENCE, 100, google_crc32c.value(b"ab" * 100)) for number in (1, 2)]


@pytest.mark.parametrize("chunk_ms", [100, 400])
def test_audio_leaves_as_soon_as_a_chunk_is_full(chunk_ms: int) -> None:
    chunker = Chunker(chunk_ms, VAD, DEVICE)
    chunker.push(SegmentStarted(1, 0, 0))
    sent = [len(chunker.push(SegmentContinued(1, i * 320, bytes(640)))) for i in range(chunk_ms // 20)]
    assert sent == [0] * (chunk_ms // 20 - 1) + [1]
