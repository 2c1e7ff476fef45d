"""When words begin and end, from frames."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.align import Span
from models.records import FrameClock
from models.word_times import FINAL_LENGTHENING_SAMPLES, NEXT_SHARE, ONSET_SAMPLES, SpikeLag, word_times

CLOCK = FrameClock(100, 100)
LAG = SpikeLag(300, 50)
LONG = 1_000_000
PAUSE_FRAMES = 60


def test_a_word_alone_begins_a_lag_before_its_first_spike_and_sounds_on_after_its_last() -> None:
    assert word_times([(10, 15)], CLOCK, LAG, LONG) == [
        (CLOCK.span(10)[0] - 300 + ONSET_SAMPLES, CLOCK.span(15)[1] - 50 + FINAL_LENGTHENING_SAMPLES),
    ]


def test_without_a_lag_a_word_begins_with_its_first_spike() -> None:
    assert word_times([(10, 15)], CLOCK, SpikeLag(), LONG)[0][0] == CLOCK.span(10)[0]


def test_words_without_a_pause_meet_between_the_two_estimates() -> None:
    (_, end), (start, _) = word_times([(10, 15), (20, 25)], CLOCK, LAG, LONG)
    assert start == end == round(NEXT_SHARE * (CLOCK.span(20)[0] - 300) + (1 - NEXT_SHARE) * (CLOCK.span(15)[1] - 50))


def test_words_with_a_pause_keep_it() -> None:
    alone = [word_times([spikes], CLOCK, LAG, LONG)[0] for spikes in ((10, 15), (15 + PAUSE_FRAMES, 80))]
    assert word_times([(10, 15), (15 + PAUSE_FRAMES, 80)], CLOCK, LAG, LONG) == alone


@pytest.mark.parametrize("samples", [150, 700, 1600])
def test_no_word_leaves_the_segment(samples: int) -> None:
    edges = [edge for times in word_times([(0, 1), (2, 14)], CLOCK, LAG, samples) for edge in times]
    assert edges[0] == 0
    assert edges[-1] == samples


def test_no_words_have_no_times() -> None:
    assert word_times([], CLOCK, LAG, LONG) == []


def as_spikes(widths: list[tuple[int, int]]) -> list[Span]:
    spikes, frame = [], 0
    for gap, length in widths:
        spikes.append((frame + gap, frame + gap + length))
        frame += gap + length + 1
    return spikes


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 10)), max_size=8).map(as_spikes),
    st.builds(SpikeLag, st.integers(-3000, 3000), st.integers(-3000, 3000)),
    st.integers(0, 60_000),
)
def test_words_are_in_order_and_within_the_segment_whatever_the_lag(spikes: list[Span], lag: SpikeLag, samples: int) -> None:
    times = word_times(spikes, CLOCK, lag, samples)
    edges = [edge for pair in times for edge in pair]
    assert len(times) == len(spikes)
    assert edges == sorted(edges)
    assert all(0 <= edge <= samples for edge in edges)
