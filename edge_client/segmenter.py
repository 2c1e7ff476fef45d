"""Frames with a voiced flag -> segments of speech. Pure: no clock, no device, no network; positions are samples on the capture clock.

    QUIET     the last pre-roll of frames is remembered
      | onset: enough voiced frames within the onset window
      v
    SPEAKING  frames go out as they come; in a pause, those beyond the tail are held back, not yet sent, and the pause is told
      | hang-over of unvoiced frames, or the end of the source, or a gap on the capture clock, or the maximum length
      v
    QUIET

A pause that ends in speech again releases what was held back; one that ends the segment drops it. So a segment is contiguous, holds every frame
between its first and last voiced one, and no trailing silence beyond the tail. Cut at the maximum, the next segment begins at the very next sample,
without onset and without pre-roll. A pre-roll never reaches back into the segment before it: no sample is ever in two segments. A silence between two
segments shorter than the bridge is sent with the second.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from edge_client.config import SegmenterConfig
from protos.messages import BYTES_PER_SAMPLE, FRAME_MS, SAMPLE_RATE_HZ, AudioFrame, EndReason


@dataclass(frozen=True, slots=True)
class SegmentStarted:
    segment_id: int
    start_sample: int
    """Of the first sample that follows, pre-roll included."""
    pre_roll_samples: int


@dataclass(frozen=True, slots=True)
class SegmentContinued:
    segment_id: int
    start_sample: int
    pcm: bytes


@dataclass(frozen=True, slots=True)
class SegmentPaused:
    """If nobody speaks before the hang-over is out, the segment has ended here."""

    segment_id: int
    end_sample: int
    """One past the last sample sent."""


@dataclass(frozen=True, slots=True)
class SegmentEnded:
    segment_id: int
    reason: EndReason
    end_sample: int
    """One past the last sample sent."""


SegmentEvent = SegmentStarted | SegmentContinued | SegmentPaused | SegmentEnded


class Segmenter:
    """`push` each frame once, in order; `finish` at the end of the source."""

    def __init__(self, config: SegmenterConfig) -> None:
        self._onset_voiced = config.onset_voiced_ms // FRAME_MS
        self._hang_over = self._usual_hang_over = config.hang_over_ms // FRAME_MS
        self._tail = config.tail_ms // FRAME_MS
        self._max_samples = config.max_ms * SAMPLE_RATE_HZ // 1000
        self._pre_roll = config.pre_roll_ms // FRAME_MS
        self._onset_window = config.onset_window_ms // FRAME_MS
        self._bridge_samples = config.bridge_ms * SAMPLE_RATE_HZ // 1000
        remembered = self._onset_window + self._pre_roll + config.bridge_ms // FRAME_MS
        self._recent: deque[tuple[AudioFrame, bool]] = deque(maxlen=remembered)
        self._held: list[AudioFrame] = []
        self._last_id = 0
        self._open = False
        self._unvoiced = 0
        self._start = 0
        self._end = 0
        """One past the last sample sent, of the open or the latest segment."""
        self._expected: int | None = None

    @property
    def is_open(self) -> bool:
        return self._open

    def push(self, frame: AudioFrame, voiced: bool) -> list[SegmentEvent]:
        """What this frame makes happen, in order; often nothing."""
        events: list[SegmentEvent] = []
        if self._expected is not None and frame.start_sample != self._expected:
            events += self._close(EndReason.CAPTURE_GAP)
            self._recent.clear()
        self._expected = frame.start_sample + len(frame.pcm) // BYTES_PER_SAMPLE
        return events + (self._continue(frame, voiced) if self._open else self._listen(frame, voiced))

    def adapt(self, segment_id: int, hang_over_ms: int) -> None:
        """Another hang-over for this segment, if it is still open; less than the tail means the tail."""
        if self._open and segment_id == self._last_id:
            self._hang_over = max(self._tail, hang_over_ms // FRAME_MS)

    def finish(self, reason: EndReason = EndReason.SOURCE_ENDED) -> list[SegmentEvent]:
        """The source ended; a segment still open ends with it, with the pause it may be in."""
        return [*self._send(self._held), *self._close(reason)] if self._open else []

    def _listen(self, frame: AudioFrame, voiced: bool) -> list[SegmentEvent]:
        self._recent.append((frame, voiced))
        if not voiced:
            return []
        window = list(self._recent)[-self._onset_window :]
        if sum(flag for _, flag in window) < self._onset_voiced:
            return []
        first_voiced = next(index for index, (_, flag) in enumerate(window) if flag) + len(self._recent) - len(window)
        frames = [item for item, _ in list(self._recent)[self._first_sent(first_voiced) :]]
        onset = self._recent[first_voiced][0].start_sample
        self._recent.clear()
        return [*self._start_at(frames[0].start_sample, onset), *self._send(frames)]

    def _first_sent(self, first_voiced: int) -> int:
        """Index in `_recent` where the segment begins: the pre-roll, or all since the last segment if hardly more than that lies between."""
        first = max(0, first_voiced - self._pre_roll)
        oldest = self._recent[0][0].start_sample
        if self._last_id and oldest == self._end and self._recent[first][0].start_sample - self._end <= self._bridge_samples:
            return 0
        return first

    def _continue(self, frame: AudioFrame, voiced: bool) -> list[SegmentEvent]:
        self._unvoiced = 0 if voiced else self._unvoiced + 1
        if self._unvoiced <= self._tail:
            events = self._send([*self._held, frame])
            self._held = []
            return events
        self._held.append(frame)
        if self._unvoiced < self._hang_over:
            return [SegmentPaused(self._last_id, self._end)] if len(self._held) == 1 else []
        # The pause is over the hang-over: what was held back may still be the next segment's pre-roll.
        rest, self._held = self._held, []
        events = self._close(EndReason.SILENCE)
        self._recent.extend((item, False) for item in rest)
        return events

    def _start_at(self, start_sample: int, onset_sample: int) -> list[SegmentEvent]:
        self._last_id += 1
        self._open, self._unvoiced, self._held, self._hang_over = True, 0, [], self._usual_hang_over
        self._start = self._end = start_sample
        return [SegmentStarted(self._last_id, start_sample, onset_sample - start_sample)]

    def _send(self, frames: list[AudioFrame]) -> list[SegmentEvent]:
        """Frames of the open segment, cut into the next one wherever the maximum is reached."""
        events: list[SegmentEvent] = []
        for frame in frames:
            samples = len(frame.pcm) // BYTES_PER_SAMPLE
            if self._end - self._start + samples > self._max_samples:
                unvoiced = self._unvoiced
                events.append(SegmentEnded(self._last_id, EndReason.MAX_LENGTH, self._end))
                events += self._start_at(frame.start_sample, frame.start_sample)
                self._unvoiced = unvoiced
            events.append(SegmentContinued(self._last_id, frame.start_sample, frame.pcm))
            self._end = frame.start_sample + samples
        return events

    def _close(self, reason: EndReason) -> list[SegmentEvent]:
        """Held-back frames are dropped: nothing voiced is among them."""
        if not self._open:
            return []
        self._open, self._held = False, []
        return [SegmentEnded(self._last_id, reason, self._end)]
