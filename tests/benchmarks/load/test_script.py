"""Recordings as an edge sends them, moved to wherever in a session they are spoken."""

from __future__ import annotations

from pathlib import Path

import google_crc32c
import pytest

from benchmarks.load.script import LEAD_S, Script, found_recordings, scripts
from protos import messages as m
from protos.errors import ConfigurationError


@pytest.fixture(scope="module")
def script(root: Path) -> Script:
    return scripts(found_recordings(root, None, 1)[:1], interim=False)[0]


def test_messages_are_whole_in_order_and_due_when_an_edge_has_them(script: Script) -> None:
    timed = list(script.requests(7, 48_000))
    assert [at_s for at_s, _ in timed] == sorted(at_s for at_s, _ in timed)
    assert timed[0][0] == pytest.approx(LEAD_S)
    assert timed[-1][0] == pytest.approx(script.length_s)
    assert {request.segment_id for _, request in timed} == {7}
    start, end = timed[0][1], timed[-1][1]
    assert isinstance(start, m.SegmentStart)
    assert isinstance(end, m.SegmentEnd)
    pcm = b"".join(request.data for _, request in timed if isinstance(request, m.AudioChunk))
    assert (end.sample_count, end.crc32c) == (len(pcm) // 2, google_crc32c.value(pcm))
    first = next(request for _, request in timed if isinstance(request, m.AudioChunk))
    assert first.capture_offset == start.capture_start >= 48_000


def test_its_end_is_the_end_of_the_hang_over(script: Script) -> None:
    assert script.segments[-1].end.reason is m.EndReason.SILENCE
    last_chunk_s, _ = script.segments[-1].chunks[-1]
    assert script.closed_s(0) == pytest.approx(script.length_s)
    assert script.onset_s(0) < script.closed_s(0)
    assert last_chunk_s <= script.segments[-1].closed_s


def test_watchers_get_smaller_chunks(root: Path, script: Script) -> None:
    watched = scripts(found_recordings(root, None, 1)[:1], interim=True)[0]
    assert len(list(watched.requests(1, 0))) > len(list(script.requests(1, 0)))


def test_no_speech_is_said() -> None:
    with pytest.raises(ConfigurationError, match="no speech"):
        scripts([], interim=False)
