"""The speaker says what it says it said, wherever it begins, and every query is one segment that begins within it."""

from __future__ import annotations

import pytest

from benchmarks.faults.commands import RECORDINGS
from benchmarks.faults.speech import QUERY_SAMPLES, Speech, number_at
from edge_client.config import SegmenterConfig, VadConfig
from edge_client.gate import SpeechGate
from edge_client.segmenter import SegmentEnded, Segmenter, SegmentStarted
from edge_client.vad import Vad


async def test_samples_are_those_that_frames_gave() -> None:
    speech = Speech(RECORDINGS[0], 4, first=1)
    pcm = b"".join([frame.pcm async for frame in speech.frames()])
    begin = QUERY_SAMPLES
    for start, end in ((begin, begin + 10), (begin + 30_000, begin + 100_000), (4 * QUERY_SAMPLES - 7, 4 * QUERY_SAMPLES)):
        assert speech.samples(start, end) == pcm[2 * (start - begin) : 2 * (end - begin)]
    assert len({speech.said(number) for number in range(4)}) == 4


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
async def test_each_query_is_one_segment_and_begins_in_it(recording: str) -> None:
    """A killed edge goes on with the query behind the last one that began: no sample is then said twice."""
    speech = Speech(recording, 5)  # type: ignore[arg-type]
    vad, gate, segmenter = Vad(VadConfig()), SpeechGate(VadConfig()), Segmenter(SegmenterConfig())
    events = []
    async for frame in speech.frames():
        events += segmenter.push(frame, gate.decide(frame.pcm, vad.is_voiced(frame), segmenter.is_open))
    starts = [event.start_sample for event in events if isinstance(event, SegmentStarted)]
    assert [number_at(start) for start in starts] == [0, 1, 2, 3, 4]
    assert [number_at(event.end_sample) for event in events if isinstance(event, SegmentEnded)] == [0, 1, 2, 3, 4]
