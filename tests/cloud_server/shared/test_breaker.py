"""A store that fails is left alone, and asked again at its time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloud_server.shared.breaker import Breaker


def opened(at_s: float = 100.0) -> Breaker:
    breaker = Breaker(failures=3, probe_every_s=5.0)
    for _ in range(3):
        breaker.failed(at_s)
    return breaker


def test_opens_after_so_many_failures_in_a_row() -> None:
    breaker = Breaker(failures=3)
    for _ in range(2):
        breaker.failed(0.0)
    assert not breaker.is_open
    breaker.failed(0.0)
    assert breaker.is_open


def test_a_success_between_failures_starts_the_count_again() -> None:
    breaker = Breaker(failures=3)
    for _ in range(10):
        breaker.failed(0.0)
        breaker.failed(0.0)
        breaker.succeeded()
    assert not breaker.is_open


def test_a_closed_one_needs_no_probe() -> None:
    assert not Breaker().take_probe(1e9)


def test_an_open_one_is_probed_once_in_its_time_and_closes_at_the_first_success() -> None:
    breaker = opened(at_s=100.0)
    assert [breaker.take_probe(now_s) for now_s in (100.0, 104.9, 105.0, 105.1, 109.9, 110.0)] == [False, False, True, False, False, True]
    breaker.succeeded()
    assert not breaker.is_open
    assert not breaker.take_probe(200.0)


def test_failures_that_come_late_do_not_put_the_probe_off() -> None:
    breaker = opened(at_s=100.0)
    breaker.failed(104.0)
    assert breaker.take_probe(105.0)


@given(st.lists(st.booleans(), max_size=40))
def test_open_exactly_when_the_last_results_were_all_failures(results: list[bool]) -> None:
    breaker = Breaker(failures=4)
    for succeeded in results:
        if succeeded:
            breaker.succeeded()
        else:
            breaker.failed(0.0)
    last = results[-4:]
    assert breaker.is_open == (len(last) == 4 and not any(last))
