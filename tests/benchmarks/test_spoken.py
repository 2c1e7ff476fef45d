"""What the server receives is what the edge would send, at the moment it would."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.spoken import spoken_segments
from edge_client.config import Config
from models.transcribe import read_pcm
from protos.messages import SAMPLE_RATE_HZ


@pytest.fixture(scope="module")
def pcm(root: Path) -> bytes:
    return read_pcm(root / "tests" / "recordings" / "pumpkin-pie.flac")


def test_a_segment_is_a_stretch_of_the_recording_in_chunks_that_come_once_they_were_spoken(pcm: bytes) -> None:
    (spoken,) = spoken_segments(pcm, Config())
    first = 2 * spoken.start.capture_start
    assert spoken.pcm == pcm[first : first + len(spoken.pcm)]
    assert spoken.start.capture_start / SAMPLE_RATE_HZ <= spoken.onset_s
    for there_s, chunk in spoken.chunks:
        assert there_s >= (chunk.capture_offset + len(chunk.data) // 2) / SAMPLE_RATE_HZ
    assert [there_s for there_s, _ in spoken.chunks] == sorted(there_s for there_s, _ in spoken.chunks)


def test_silence_has_no_segment() -> None:
    assert list(spoken_segments(bytes(64_000), Config())) == []
