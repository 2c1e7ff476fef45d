"""Speech that the segmenter did not send, as the voice detector alone would have it: an estimate, and too high where a room is loud. Pure."""

from __future__ import annotations

from collections import deque

from protos.messages import SAMPLE_RATE_HZ

SETTLED_SAMPLES = 2 * SAMPLE_RATE_HZ
"""A segment reaches back for pre-roll and over a bridged silence, together less than this: what is older is not sent any more."""


class MissedSpeech:
    def __init__(self) -> None:
        self.samples = 0
        """Never falls."""
        self._recent: deque[tuple[int, int]] = deque()
        """Start and length of each frame whose fate is open."""

    def hear(self, start_sample: int, samples: int, *, is_voiced: bool, is_sent: bool) -> None:
        """One frame. is_voiced: as the detector says, whatever gate and segmenter make of it."""
        if is_voiced and not is_sent:
            self._recent.append((start_sample, samples))
        while self._recent and self._recent[0][0] < start_sample - SETTLED_SAMPLES:
            self.samples += self._recent.popleft()[1]

    def sent_from(self, start_sample: int) -> None:
        """A segment began there: what was heard since then is in it."""
        while self._recent and self._recent[-1][0] >= start_sample:
            self._recent.pop()

    def finish(self) -> None:
        """Nothing more is captured."""
        self.samples += sum(samples for _, samples in self._recent)
        self._recent.clear()
