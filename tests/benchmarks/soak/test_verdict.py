"""Series made up: a server that stays as it is passes, whatever noise; one that grows does not, and gRPC's own leak is not held against it."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.soak.verdict import LEAK_BYTES_PER_CANCEL, Sample, growth, slope
from protos.errors import ConfigurationError

MB = 2**20
PER_S = 100


def series(memory: Callable[[int], float], seconds: int = 300, cancelled_per_s: int = 5) -> list[Sample]:
    """A sample a second of a server that answers a hundred segments in each."""
    return [Sample(float(at), round(memory(at)), PER_S * at, cancelled_per_s * at) for at in range(seconds)]


def steady(at: int) -> float:
    return 100 * MB + LEAK_BYTES_PER_CANCEL * 5 * at


def test_a_server_that_leaks_as_grpc_does_passes_and_the_leak_is_stated() -> None:
    found = growth(series(steady), 0.4)
    assert not found.is_leak
    assert (found.ratio, found.bytes_per_segment) == (0.0, 0.0)
    assert found.subtracted_mb == pytest.approx(LEAK_BYTES_PER_CANCEL * 5 * found.seconds / MB, abs=0.01)
    assert found.segments == PER_S * found.seconds


def test_a_kilobyte_a_request_is_a_leak_even_in_a_short_run() -> None:
    found = growth(series(lambda at: steady(at) + 1024 * PER_S * at, seconds=30), 0.4)
    assert found.is_leak
    assert found.bytes_per_segment == pytest.approx(1024)


def test_a_slow_leak_is_one_of_the_whole_run() -> None:
    """300 bytes a request are under the limit for each, and 3 % of it all by the end."""
    found = growth(series(lambda at: steady(at) + 300 * PER_S * at, seconds=200), 0.4)
    assert found.bytes_per_segment < 512
    assert found.ratio > 0.03
    assert found.is_leak


def test_a_warm_up_however_steep_is_not_held_against_it() -> None:
    assert not growth(series(lambda at: steady(at) + MB * min(at, 100)), 0.4).is_leak
    assert growth(series(lambda at: steady(at) + MB * min(at, 100)), 0.0).is_leak


def test_one_jump_or_spike_decides_nothing() -> None:
    assert not growth(series(lambda at: steady(at) + (5 * MB if at in {150, 200, 299} else 0)), 0.4).is_leak


@settings(max_examples=30)
@given(seed=st.integers(), noise_mb=st.floats(0, 2), leak_bytes=st.sampled_from([0, 1024]))
def test_noise_hides_no_leak_and_makes_none(seed: int, noise_mb: float, leak_bytes: int) -> None:
    chance = random.Random(seed)
    found = growth(series(lambda at: steady(at) + leak_bytes * PER_S * at + chance.uniform(-noise_mb, noise_mb) * MB), 0.4)
    assert found.is_leak is bool(leak_bytes)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(-1000, 1000)), min_size=1, max_size=20), st.integers(-5, 5))
def test_the_slope_is_that_of_a_line_and_turns_with_it(points: list[tuple[int, int]], turn: int) -> None:
    x, y = np.array([point[0] for point in points], np.float64), np.array([point[1] for point in points], np.float64)
    if len(set(x)) > 1:
        assert slope(x, y + turn * x) == pytest.approx(slope(x, y) + turn)
    assert slope(x, 3 * x + 7) == (3.0 if len(set(x)) > 1 else 0.0)


def test_the_warm_up_lasts_until_memories_are_full() -> None:
    filling = series(lambda at: steady(at) + 1500 * min(PER_S * at, 10_000), seconds=150)
    assert growth(filling, 0.1).is_leak
    assert not growth(filling, 0.1, warm_up_segments=10_000).is_leak


def test_a_run_too_short_to_judge_says_so() -> None:
    with pytest.raises(ConfigurationError, match="900 segments were answered, and 6 samples taken after the warm-up"):
        growth(series(steady, seconds=10), 0.4)
    with pytest.raises(ConfigurationError, match="0 samples taken after the warm-up of at least 10000 segments"):
        growth(series(steady, seconds=50), 0.4, warm_up_segments=10_000)
    with pytest.raises(ConfigurationError, match="0 segments were answered"):
        growth([], 0.4)
    with pytest.raises(ConfigurationError, match="new answers"):
        growth([Sample(float(at), MB, 7, 0) for at in range(50)], 0.4)
