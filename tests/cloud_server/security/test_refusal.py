"""What is told and what is counted."""

from __future__ import annotations

import pickle

from cloud_server.metrics import Metrics
from cloud_server.security.refusal import REASONS, Refused


def test_a_refusal_crosses_a_process_boundary_whole() -> None:
    again = pickle.loads(pickle.dumps(Refused("expired")))  # noqa: S301
    assert isinstance(again, Refused)
    assert again.why == "expired"


def test_every_reason_is_exported_before_it_happens() -> None:
    samples = {sample.labels.get("reason") for family in Metrics().registry.collect() for sample in family.samples if "auth_failures" in sample.name}
    assert set(REASONS) <= samples
