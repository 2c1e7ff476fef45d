"""What the edge itself decides says nothing about the server."""

from __future__ import annotations

from edge_client.ledger import Ledger
from protos import messages as m


def test_a_segment_the_edge_lost_does_not_prolong_the_patience_with_a_silent_server() -> None:
    ledger = Ledger()
    ledger.open(1, 0)
    ledger.close(1, 10, 1.0)
    ledger.open(2, 20)
    ledger.lose(m.Reject(2, m.RejectReason.SPOOL_FULL), 50.0)
    assert ledger.patience_ends_s(0.0, 30.0, 3.0) == 31.0


def test_what_the_edge_lost_stays_lost_whatever_the_server_says_later() -> None:
    ledger = Ledger()
    ledger.open(1, 0)
    ledger.lose(m.Reject(1, m.RejectReason.SPOOL_FULL), 1.0)
    ledger.answer(m.Reject(1, m.RejectReason.CANCELLED), 2.0)
    ledger.close(1, 10, 3.0)
    assert [outcome.answer for outcome in ledger.take()] == [m.Reject(1, m.RejectReason.SPOOL_FULL)]
    assert ledger.take() == []
