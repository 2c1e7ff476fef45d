"""How long the edge waits, and what it does not try twice."""

from __future__ import annotations

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_client.backoff import RETRIED_REASONS, STOPPING_CODES, Backoff, is_final, may_help_again
from protos.messages import RejectReason

CHANCES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@given(CHANCES)
def test_no_wait_is_longer_than_its_bound_which_doubles_up_to_two_seconds(chances: list[float]) -> None:
    backoff = Backoff()
    for number, chance in enumerate(chances):
        assert backoff.next_s(chance) == chance * min(2.0, 0.25 * 2**number)


@given(CHANCES, st.floats(0, 1))
def test_after_a_connection_of_use_it_begins_anew(chances: list[float], chance: float) -> None:
    backoff = Backoff()
    for earlier in chances:
        backoff.next_s(earlier)
    backoff.reset()
    assert backoff.next_s(chance) == Backoff().next_s(chance)


@given(st.floats(0, 1), st.floats(0, 1))
def test_two_clients_cut_off_together_come_back_apart(one: float, other: float) -> None:
    assert (Backoff().next_s(one) == Backoff().next_s(other)) is (one * 0.25 == other * 0.25)


@pytest.mark.parametrize("code", grpc.StatusCode)
def test_a_status_is_tried_again_unless_a_person_must_act(code: grpc.StatusCode) -> None:
    assert may_help_again(code.name, "Socket closed") is (code.name not in STOPPING_CODES)


def test_every_code_that_stops_is_one_of_grpcs() -> None:
    assert {code.name for code in grpc.StatusCode} >= STOPPING_CODES


@pytest.mark.parametrize(
    ("details", "again"),
    [
        ("failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Ssl handshake failed: CERTIFICATE_VERIFY_FAILED", False),
        ("Peer name localhost is not in peer certificate", False),
        ("failed to connect to all addresses; last error: UNAVAILABLE: connection refused", True),
        ("ping timeout", True),
        ("handshaker shutdown", True),
    ],
)
def test_a_failed_handshake_is_no_server_that_is_away(details: str, again: bool) -> None:
    assert may_help_again("UNAVAILABLE", details) is again


@pytest.mark.parametrize("reason", RejectReason)
def test_a_reject_is_the_outcome_unless_the_connection_was_at_fault(reason: RejectReason) -> None:
    assert is_final(reason) is (reason not in RETRIED_REASONS)
