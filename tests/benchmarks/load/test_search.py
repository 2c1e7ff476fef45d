"""The search ends near the largest load that passes, whatever it begins with."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.load.search import CLOSE, SMALLEST, Search


def found(search: Search, capacity: float) -> float:
    while (load := search.next()) is not None:
        search.tell(load, passed=load <= capacity)
        assert len(search.tried) < 40
    return search.largest_passed


@given(st.floats(0.1, 5000), st.floats(0.5, 5000))
def test_the_largest_load_is_found_to_within_a_bracket(guess: float, capacity: float) -> None:
    assert capacity / CLOSE <= found(Search(guess), capacity) <= capacity


def test_a_good_guess_needs_few_tries() -> None:
    search = Search(50.0)
    found(search, 60.0)
    assert len(search.tried) <= 6


def test_a_server_that_serves_nobody_is_given_up() -> None:
    search = Search(10.0)
    assert found(search, SMALLEST / 2) == 0.0


def test_a_failure_beneath_a_pass_takes_the_pass_back() -> None:
    search = Search(10.0)
    search.tell(10.0, passed=True)
    search.tell(15.0, passed=True)
    search.tell(12.0, passed=False)
    assert (search.largest_passed, search.smallest_failed) == (10.0, 12.0)
