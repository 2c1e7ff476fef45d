"""Frames of a text's symbols -> when each word begins and ends on the capture clock. Pure.

A CTC model spikes once a symbol, when it is sure, and that is late: the shipped one names a phone about where the phone ends. So a word begins a
lag before its first spike and ends about where its last one is. Where two words follow each other without a pause, the end of the one and the
beginning of the other are two estimates of one boundary. The figures were tuned on sentences that `harken-bench word-times` does not judge.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from models.align import Span
from models.records import FrameClock
from protos.messages import SAMPLE_RATE_HZ

PAUSE_SAMPLES = SAMPLE_RATE_HZ * 120 // 1000
"""Words closer than this touch. Between 80 and 200 ms nothing changes."""
NEXT_SHARE = 0.3
"""Of the next word's beginning in the boundary between two words; the spike that ends a word is the sharper estimate."""
FINAL_LENGTHENING_SAMPLES = SAMPLE_RATE_HZ * 45 // 1000
"""What sounds on after the last spike before a pause."""
ONSET_SAMPLES = SAMPLE_RATE_HZ * 10 // 1000
"""How much shorter the lag is after a pause, where there is any."""


@dataclass(frozen=True, slots=True)
class SpikeLag:
    """How late a model's spikes are; a property of its training, in samples."""

    start: int = 0
    """Of the stride of a word's first spike after the word's beginning."""
    end: int = 0
    """Of the end of the stride of its last spike after the word's end; negative where the word goes on."""


def word_times(spikes: Sequence[Span], clock: FrameClock, lag: SpikeLag, samples: int) -> list[tuple[int, int]]:
    """spikes: of each word, the frames of its first and last symbol; samples: of the segment. Returns [first, last) in samples from its start.

    No word begins before another ends, and none leaves the segment.
    """
    if not spikes:
        return []
    starts = [clock.span(first)[0] - lag.start for first, _ in spikes]
    ends = [clock.span(last)[1] - lag.end for _, last in spikes]
    onset = min(ONSET_SAMPLES, max(lag.start, 0))
    touching = [start - end < PAUSE_SAMPLES for start, end in zip(starts[1:], ends, strict=False)]
    edges = []
    for start, end, after_word, before_word in zip(starts, ends, [False, *touching], [*touching, False], strict=True):
        edges += [start if after_word else start + onset, end if before_word else end + FINAL_LENGTHENING_SAMPLES]
    for word, touches in enumerate(touching):
        if touches:
            boundary = round(NEXT_SHARE * edges[2 * word + 2] + (1 - NEXT_SHARE) * edges[2 * word + 1])
            edges[2 * word + 1] = edges[2 * word + 2] = boundary
    within = [min(max(edge, 0), samples) for edge in itertools.accumulate(edges, max)]
    return list(zip(within[::2], within[1::2], strict=True))
