"""Closed forms, against values anybody can look up."""

from __future__ import annotations

import pytest

from benchmarks.capacity.queueing import erlang_c, fewest_servers, mean_wait_s


@pytest.mark.parametrize(("servers", "offered", "waits"), [(1, 0.5, 0.5), (2, 1.0, 1 / 3), (10, 8.0, 0.4092), (5, 5.0, 1.0), (5, 9.0, 1.0)])
def test_erlangs_c(servers: int, offered: float, waits: float) -> None:
    assert erlang_c(servers, offered) == pytest.approx(waits, abs=1e-4)


def test_one_server_waits_as_pollaczek_and_khinchine_say() -> None:
    """M/M/1 at 80 %: four services; M/D/1: half of that."""
    assert mean_wait_s(1, 0.8, 1.0) == pytest.approx(4.0)
    assert mean_wait_s(1, 0.8, 1.0, spread=0.0) == pytest.approx(2.0)


def test_more_than_can_be_served_waits_for_ever() -> None:
    assert mean_wait_s(2, 2.0, 1.0) == float("inf")


@pytest.mark.parametrize(("rate", "servers"), [(0.1, 1), (9.0, 10), (9.1, 11), (1000.0, 1112)])
def test_no_server_is_busier_than_allowed(rate: float, servers: int) -> None:
    assert fewest_servers(rate, 1.0, 0.9) == servers
