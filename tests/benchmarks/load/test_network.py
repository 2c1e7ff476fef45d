"""A bad network makes things late; it neither loses nor reorders."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.load.network import RETRANSMIT_S, Network


@given(st.lists(st.floats(0, 100), max_size=50).map(sorted), st.floats(0, 1), st.floats(0, 0.5), st.integers(0, 1000))
def test_everything_arrives_in_order_and_never_early(sent_s: list[float], jitter_s: float, loss: float, seed: int) -> None:
    arrived_s = list(Network(jitter_s, loss).arrivals(sent_s, Random(seed)))
    assert len(arrived_s) == len(sent_s)
    assert arrived_s == sorted(arrived_s)
    assert all(there >= sent for there, sent in zip(arrived_s, sent_s, strict=True))


def test_a_good_network_delays_nothing() -> None:
    assert list(Network().arrivals([1.0, 2.0], Random(0))) == [1.0, 2.0]


def test_what_is_lost_comes_a_retransmission_later() -> None:
    sent_s = [float(at) for at in range(10_000)]
    late = [there - sent for there, sent in zip(Network(loss=0.1).arrivals(sent_s, Random(5)), sent_s, strict=True)]
    assert sum(delay > 0 for delay in late) / len(late) == pytest.approx(0.1, rel=0.1)
    assert min(delay for delay in late if delay > 0) == pytest.approx(RETRANSMIT_S)
