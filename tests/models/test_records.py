"""Which samples a frame stands for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.records import FrameClock

clocks = st.builds(FrameClock, st.integers(1, 1000), st.integers(1, 5000))


@given(clocks, st.integers(0, 100_000))
def test_there_are_as_many_frames_as_whole_strides_fit_after_the_first_field(clock: FrameClock, samples: int) -> None:
    fits = [frame for frame in range(samples // clock.stride_samples + 1) if frame * clock.stride_samples + clock.receptive_field_samples <= samples]
    assert clock.frames(samples) == len(fits)


@given(clocks, st.integers(0, 2000))
def test_spans_of_neighbouring_frames_meet_without_gap(clock: FrameClock, frame: int) -> None:
    first, last = clock.span(frame)
    assert 0 <= first < last
    assert clock.span(frame + 1)[0] == last


def test_a_frame_of_the_seed_stands_for_the_stride_around_the_centre_of_its_field() -> None:
    assert FrameClock(384, 2752).span(0) == (1376 - 192, 1376 + 192)
    assert FrameClock(384, 2752).frames(2751) == 0
    assert FrameClock(384, 2752).frames(2752) == 1
