"""One segment's chunks, in order, whole, and as its sender counted them."""

from __future__ import annotations

import google_crc32c
import pytest

from cloud_server.assembly import Assembly
from protos import messages as m
from protos.errors import ChecksumMismatch, InvalidAudio, InvalidRequest, ProtocolError, SpeechError, TooLong

LIMITS = m.Limits(max_segment=1.0, max_chunk_bytes=6400)


def assembly() -> Assembly:
    return Assembly(m.SegmentStart(1, 16000), LIMITS, 0.0)


def test_chunks_become_the_segment() -> None:
    one = assembly()
    one.add(m.AudioChunk(1, 0, 16000, b"ab" * 100), 1.0)
    one.add(m.AudioChunk(1, 1, 16100, b"cd" * 50), 2.0)
    pcm = b"ab" * 100 + b"cd" * 50
    assert one.finish(m.SegmentEnd(1, m.EndReason.SILENCE, 150, google_crc32c.value(pcm))) == m.Segment(1, 16000, pcm)
    assert one.heard_s == 2.0


@pytest.mark.parametrize(
    ("chunk", "error", "words"),
    [
        (m.AudioChunk(1, 1, 16000, b"ab"), ProtocolError, "chunk 1 came, chunk 0 was expected"),
        (m.AudioChunk(1, 0, 16002, b"ab"), ProtocolError, "begins at sample 16002, sample 16000 was expected"),
        (m.AudioChunk(1, 0, 16000, b"abc"), InvalidAudio, "3 bytes, not a multiple of 2"),
        (m.AudioChunk(1, 0, 16000, bytes(6402)), TooLong, "6402 bytes, at most 6400"),
    ],
)
def test_a_bad_chunk_is_refused_with_both_values(chunk: m.AudioChunk, error: type[SpeechError], words: str) -> None:
    with pytest.raises(error, match=words):
        assembly().add(chunk, 0.0)


def test_a_segment_over_the_limit_is_refused_at_the_chunk_that_crosses_it() -> None:
    one = assembly()
    for seq in range(5):
        one.add(m.AudioChunk(1, seq, 16000 + seq * 3200, bytes(6400)), 0.0)
    with pytest.raises(TooLong, match=r"1.00 s so far, at most 1 s"):
        one.add(m.AudioChunk(1, 5, 32000, bytes(2)), 0.0)


@pytest.mark.parametrize(
    ("end", "error", "words"),
    [
        (m.SegmentEnd(1, m.EndReason.SILENCE, 2, google_crc32c.value(b"ab")), ProtocolError, "1 samples came, segment_end says 2"),
        (m.SegmentEnd(1, m.EndReason.SILENCE, 1, 7), ChecksumMismatch, "segment_end says 00000007"),
    ],
)
def test_what_came_must_be_what_was_sent(end: m.SegmentEnd, error: type[SpeechError], words: str) -> None:
    one = assembly()
    one.add(m.AudioChunk(1, 0, 16000, b"ab"), 0.0)
    with pytest.raises(error, match=words):
        one.finish(end)


@pytest.mark.parametrize("start", [m.SegmentStart(1, -1), m.SegmentStart(1, pre_roll=-1), m.SegmentStart(1, deadline=0.0)])
def test_a_start_that_breaks_a_rule_is_refused(start: m.SegmentStart) -> None:
    with pytest.raises(InvalidRequest):
        Assembly(start, LIMITS, 0.0)
