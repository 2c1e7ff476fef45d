"""Options show by what they do: the half-open link in test_resume.py, the proxy in test_transport_faults.py; here what people read."""

from __future__ import annotations

from edge_client.backoff import STOPPING_CODES
from edge_client.channel import STATUS_SENTENCES


def test_every_status_that_stops_is_a_sentence_unless_it_is_a_breach_of_ours() -> None:
    assert {code.name for code in STATUS_SENTENCES} >= STOPPING_CODES - {"FAILED_PRECONDITION"}
