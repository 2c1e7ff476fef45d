"""Segments of speech: every sample once, one end for every start, whatever the frames."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_client.config import SegmenterConfig
from edge_client.segmenter import SegmentContinued, SegmentEnded, Segmenter, SegmentEvent, SegmentPaused, SegmentStarted
from protos.messages import BYTES_PER_SAMPLE, FRAME_MS, FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame, EndReason

# Short times, so that a hundred frames pass through every state.
SHORT = SegmenterConfig(onset_voiced_ms=40, onset_window_ms=60, pre_roll_ms=60, hang_over_ms=100, tail_ms=40, max_ms=400, bridge_ms=0)
BRIDGED = replace(SHORT, bridge_ms=60)


@dataclass
class Heard:
    start: int
    pre_roll: int
    pcm: bytearray = field(default_factory=bytearray)
    reason: EndReason | None = None

    @property
    def end(self) -> int:
        return self.start + len(self.pcm) // BYTES_PER_SAMPLE


def frame(index: int, samples: int = FRAME_SAMPLES, shift: int = 0) -> AudioFrame:
    """Each frame's bytes say where they are from."""
    return AudioFrame(index * FRAME_SAMPLES + shift, (index % 30_000).to_bytes(2, "little") * samples)


def run(flags: str, config: SegmenterConfig = SHORT) -> list[Heard]:
    """One frame a character: 'x' voiced, '.' not."""
    segmenter = Segmenter(config)
    events = [event for index, flag in enumerate(flags) for event in segmenter.push(frame(index), flag == "x")]
    return collect([*events, *segmenter.finish()])


def collect(events: list[SegmentEvent]) -> list[Heard]:
    """Checks on the way that starts, audio and ends belong together."""
    segments: list[Heard] = []
    for event in events:
        match event:
            case SegmentStarted(segment_id, start, pre_roll):
                assert not segments or segments[-1].reason is not None
                segments.append(Heard(start, pre_roll))
                assert segment_id == len(segments)
            case SegmentContinued(segment_id, start, pcm):
                assert segment_id == len(segments)
                assert segments[-1].reason is None
                assert start == segments[-1].end, "audio is contiguous"
                segments[-1].pcm += pcm
            case SegmentPaused(segment_id, end):
                assert segment_id == len(segments)
                assert segments[-1].reason is None
                assert end == segments[-1].end, "nothing is told of what was not sent"
            case SegmentEnded(segment_id, reason, end):
                assert segment_id == len(segments)
                assert end == segments[-1].end
                segments[-1].reason = reason
    assert all(segment.reason is not None for segment in segments)
    return segments


def frames_of(segment: Heard) -> tuple[int, int]:
    return segment.start // FRAME_SAMPLES, segment.end // FRAME_SAMPLES


@pytest.mark.parametrize(
    ("flags", "spans"),
    [
        ("..........", []),
        ("....x.....", []),  # one voiced frame is a click
        ("....x..x..", []),  # two, but too far apart
        ("....xx..........", [(1, 8)]),  # pre-roll of 3, tail of 2
        ("....x.x.........", [(1, 9)]),
        ("....xx...xx.....", [(1, 13)]),  # a pause shorter than the hang-over stays in one segment
        ("....xx.....xx.....", [(1, 8), (8, 15)]),  # a longer one splits; the second pre-roll stops at the first's end
        ("xx......", [(0, 4)]),  # no pre-roll before the beginning
        ("....xx.", [(1, 7)]),  # the source ends in a pause
        ("....xx....", [(1, 10)]),  # ... what was held back then is sent
    ],
)
def test_where_segments_begin_and_end(flags: str, spans: list[tuple[int, int]]) -> None:
    assert [frames_of(segment) for segment in run(flags)] == spans


@pytest.mark.parametrize(
    ("pause", "spans"),
    [
        (4, [(1, 14)]),  # shorter than the hang-over
        (5, [(1, 8), (8, 15)]),  # the pre-roll reaches the first segment
        (8, [(1, 8), (8, 18)]),  # three frames lie between: bridged
        (9, [(1, 8), (12, 19)]),  # four do not
    ],
)
def test_a_short_silence_between_two_segments_is_sent_with_the_second(pause: int, spans: list[tuple[int, int]]) -> None:
    assert [frames_of(segment) for segment in run("....xx" + "." * pause + "xx.....", BRIDGED)] == spans


def test_a_pause_is_held_back_beyond_the_tail_and_released_when_speech_goes_on() -> None:
    segmenter = Segmenter(SHORT)
    sent = [len([e for e in segmenter.push(frame(i), flag == "x") if isinstance(e, SegmentContinued)]) for i, flag in enumerate("xx....x")]
    assert sent == [0, 2, 1, 1, 0, 0, 3]


@pytest.mark.parametrize(
    ("flags", "paused", "ended"),
    [
        ("xx......", [4], [4]),  # the tail is sent, the rest waits: here it ended
        ("xx....x......", [4, 9], [9]),  # it went on, and paused again
        ("xx..x..x.......", [10], [10]),  # pauses within the tail are none
        ("xx...", [4], [5]),  # the source ends in a pause
    ],
)
def test_a_pause_is_told_once_where_the_segment_would_end(flags: str, paused: list[int], ended: list[int]) -> None:
    segmenter = Segmenter(SHORT)
    events = [event for index, flag in enumerate(flags) for event in segmenter.push(frame(index), flag == "x")] + segmenter.finish()
    assert [event.end_sample // FRAME_SAMPLES for event in events if isinstance(event, SegmentPaused)] == paused
    assert [event.end_sample // FRAME_SAMPLES for event in events if isinstance(event, SegmentEnded)] == ended


def test_speech_longer_than_the_maximum_is_cut_without_losing_a_sample() -> None:
    segments = run("x" * 50 + "." * 10)
    assert [segment.reason for segment in segments] == [EndReason.MAX_LENGTH, EndReason.MAX_LENGTH, EndReason.SILENCE]
    assert [frames_of(segment) for segment in segments] == [(0, 20), (20, 40), (40, 52)]
    assert [segment.pre_roll for segment in segments] == [0, 0, 0]


def test_a_gap_on_the_capture_clock_ends_the_segment_and_forgets_the_pre_roll() -> None:
    segmenter = Segmenter(SHORT)
    events = [event for index in range(6) for event in segmenter.push(frame(index), voiced=True)]
    events += [event for index in range(6, 12) for event in segmenter.push(frame(index, shift=100), voiced=True)]
    first, second = collect([*events, *segmenter.finish()])
    assert (first.reason, first.end) == (EndReason.CAPTURE_GAP, 6 * FRAME_SAMPLES)
    assert second.start == 6 * FRAME_SAMPLES + 100


def test_a_shorter_last_frame_is_sent_whole() -> None:
    segmenter = Segmenter(SHORT)
    events = [event for index in range(5) for event in segmenter.push(frame(index), voiced=True)]
    events += segmenter.push(frame(5, samples=7), voiced=False)
    (segment,) = collect([*events, *segmenter.finish()])
    assert segment.end == 5 * FRAME_SAMPLES + 7
    assert segment.reason is EndReason.SOURCE_ENDED


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 12)), max_size=25), st.sampled_from([SHORT, BRIDGED]))
def test_whatever_is_voiced_the_invariants_hold(runs: list[tuple[bool, int]], config: SegmenterConfig) -> None:
    flags = "".join(("x" if voiced else ".") * length for voiced, length in runs)
    source = b"".join(frame(index).pcm for index in range(len(flags)))
    segments = run(flags, config)
    end = 0
    for segment in segments:
        assert segment.start >= end, "no sample is in two segments"
        assert segment.pcm == source[segment.start * 2 : segment.end * 2], "and each is the source's own"
        assert len(segment.pcm) // 2 <= SHORT.max_ms * SAMPLE_RATE_HZ // 1000
        assert segment.pre_roll <= (config.pre_roll_ms + config.onset_window_ms + config.bridge_ms) * SAMPLE_RATE_HZ // 1000
        end = segment.end
    covered = {index for segment in segments for index in range(*frames_of(segment))}
    onset = SHORT.onset_voiced_ms // FRAME_MS
    for start in range(len(flags) - onset + 1):
        if flags[start : start + onset] == "x" * onset:
            assert set(range(start, start + onset)) <= covered, "speech as long as the onset is never missed"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 12), st.integers(0, 2)), max_size=25))
def test_no_segment_reaches_over_samples_the_device_lost(runs: list[tuple[bool, int, int]]) -> None:
    """Each run of frames may begin some samples later than the one before ended."""
    segmenter, events, index, shift, gaps = Segmenter(SHORT), [], 0, 0, []
    for voiced, length, lost in runs:
        shift += lost * 77
        gaps += [index * FRAME_SAMPLES + shift] if lost and index else []
        for _ in range(length):
            events += segmenter.push(frame(index, shift=shift), voiced)
            index += 1
    segments = collect([*events, *segmenter.finish()])
    assert all(first.end <= second.start for first, second in pairwise(segments))
    for segment in segments:
        assert not [gap for gap in gaps if segment.start < gap < segment.end]


@pytest.mark.parametrize(("hang_over_ms", "silent_frames"), [(60, 3), (100, 5), (200, 10), (0, 3)])
def test_a_segment_may_be_given_another_hang_over_and_the_next_one_has_the_usual_again(hang_over_ms: int, silent_frames: int) -> None:
    """SHORT's own is 5 frames, its tail 2: with less than the tail, the first frame that is not sent ends it."""
    segmenter, ends = Segmenter(SHORT), list[int]()
    for index, flag in enumerate("xxxx" + 12 * "." + "xxxx" + 12 * "."):
        events = segmenter.push(frame(index), flag == "x")
        ends += [index for event in events if isinstance(event, SegmentEnded)]
        if index == 3:
            segmenter.adapt(2, 20)
            segmenter.adapt(1, hang_over_ms)
    assert ends == [3 + silent_frames, 19 + 5]
