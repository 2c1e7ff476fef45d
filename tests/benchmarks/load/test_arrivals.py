"""Arrivals follow their rate, nobody speaks twice at once, and no session more than needed is opened."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.load.arrivals import NIGHT, SHAPES, SPIKE_BEGIN, SPIKE_END, SPIKE_FLOOR, crowd, instants, seats, users

LENGTHS_S = (2.0, 3.0, 4.0)


def test_a_poisson_process_has_its_rate_and_its_spread() -> None:
    """Counts in windows of a second: mean and variance are the rate's."""
    begun = instants("steady", 20.0, 2000.0, Random(1))
    counts = [0] * 2000
    for at_s in begun:
        counts[int(at_s)] += 1
    mean = sum(counts) / len(counts)
    assert mean == pytest.approx(20.0, rel=0.03)
    assert sum((count - mean) ** 2 for count in counts) / len(counts) == pytest.approx(20.0, rel=0.1)


@pytest.mark.parametrize(
    ("shape", "low", "high"),
    [("ramp", (0.0, 0.1), (0.9, 1.0)), ("spike", (0.0, SPIKE_BEGIN), (SPIKE_BEGIN, SPIKE_END)), ("diurnal", (0.0, 0.1), (0.45, 0.55))],
)
def test_each_shape_has_its_crowd_where_it_says(shape: str, low: tuple[float, float], high: tuple[float, float]) -> None:
    begun = instants(shape, 50.0, 1000.0, Random(2))

    def rate(window: tuple[float, float]) -> float:
        return sum(window[0] <= at_s / 1000 < window[1] for at_s in begun) / 1000 / (window[1] - window[0])

    assert rate(high) == pytest.approx(50.0, rel=0.1)
    assert rate(low) < 0.3 * rate(high)


def test_no_shape_exceeds_its_highest() -> None:
    for rate in SHAPES.values():
        assert all(0 <= rate(at / 100) <= 1 for at in range(101))
    assert (SHAPES["spike"](0.0), SHAPES["diurnal"](0.0)) == (SPIKE_FLOOR, NIGHT)


def test_as_many_strangers_speak_at_once_as_was_asked() -> None:
    visits = crowd("steady", 12.0, LENGTHS_S, 1000.0, Random(3))
    assert sum(LENGTHS_S[visit.script] for visit in visits) / 1000 == pytest.approx(12.0, rel=0.05)


def test_the_same_people_speak_for_their_share_of_the_time() -> None:
    visits = users(40, 0.25, LENGTHS_S, 2000.0, Random(4))
    assert {visit.session for visit in visits} == set(range(40))
    assert sum(LENGTHS_S[visit.script] for visit in visits) / 2000 == pytest.approx(10.0, rel=0.05)
    assert [visit.at_s for visit in visits] == sorted(visit.at_s for visit in visits)


@given(st.integers(0, 10_000), st.sampled_from(sorted(SHAPES)), st.floats(0.5, 30.0))
def test_nobody_speaks_twice_at_once(seed: int, shape: str, streams: float) -> None:
    for visits in (crowd(shape, streams, LENGTHS_S, 30.0, Random(seed)), users(5, 0.5, LENGTHS_S, 30.0, Random(seed))):
        free_s: dict[int, float] = {}
        for visit in visits:
            assert 0 <= visit.at_s < 30.0
            assert visit.at_s >= free_s.get(visit.session, 0.0)
            free_s[visit.session] = visit.at_s + LENGTHS_S[visit.script]


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 10)), max_size=40))
def test_no_more_seats_than_people_at_the_fullest_moment(spans: list[tuple[float, float]]) -> None:
    ordered = sorted((begin_s, begin_s + length_s) for begin_s, length_s in spans)
    taken = seats(ordered)
    fullest = max((sum(begin <= at < end for begin, end in ordered) for at, _ in ordered), default=0)
    assert len(set(taken)) == fullest
