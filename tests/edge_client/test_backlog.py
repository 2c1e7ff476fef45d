"""What a crash left of a segment, made whole; the sending is in test_resume.py."""

from __future__ import annotations

import google_crc32c
import pytest

from edge_client.backlog import as_catchup
from edge_client.outbox import SegmentRequest
from protos import messages as m

START, CHUNK, MORE = m.SegmentStart(7, 320), m.AudioChunk(7, 0, 320, b"abcd"), m.AudioChunk(7, 1, 322, b"ef")
END = m.SegmentEnd(7, m.EndReason.SILENCE, 3, google_crc32c.value(b"abcdef"))
CATCHUP = m.SegmentStart(7, 320, priority=m.Priority.CATCHUP)


def test_a_whole_segment_goes_as_it_was_with_less_priority() -> None:
    assert as_catchup([START, CHUNK, MORE, END]) == [CATCHUP, CHUNK, MORE, END]


def test_a_segment_a_crash_cut_off_ends_where_its_audio_ends() -> None:
    end = m.SegmentEnd(7, m.EndReason.CAPTURE_GAP, 2, google_crc32c.value(b"abcd"))
    assert as_catchup([START, CHUNK]) == [CATCHUP, CHUNK, end]


@pytest.mark.parametrize("requests", [[], [START], [START, END], [CHUNK, END]])
def test_without_a_start_or_audio_there_is_nothing_to_send(requests: list[SegmentRequest]) -> None:
    assert as_catchup(requests) == []
