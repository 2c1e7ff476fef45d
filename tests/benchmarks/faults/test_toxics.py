"""A toxic delays and divides bytes; it never changes them, and it says what it cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.faults.toxics import SOUND, Toxic
from protos.errors import ConfigurationError


@given(data=st.binary(max_size=200), size=st.none() | st.integers(1, 50))
def test_pieces_are_the_bytes_in_order_and_none_is_larger_than_allowed(data: bytes, size: int | None) -> None:
    pieces = list(Toxic(slice_bytes=size).pieces(data))
    assert b"".join(pieces) == data
    assert all(0 < len(piece) <= (size or len(data)) for piece in pieces)


def test_a_sound_link_takes_no_time() -> None:
    assert SOUND.throttled_s(1_000_000) == 0
    assert Toxic(bytes_per_second=500.0).throttled_s(1000) == 2.0


@pytest.mark.parametrize("wrong", [{"latency_s": -1.0}, {"slow_close_s": -0.1}, {"bytes_per_second": 0.0}, {"slice_bytes": 0}, {"limit_bytes": -5}])
def test_what_cannot_be_is_refused_with_its_value(wrong: dict[str, float]) -> None:
    (name,) = wrong
    with pytest.raises(ConfigurationError, match=f"{name} is {wrong[name]}"):
        Toxic(**wrong)  # type: ignore[arg-type]
