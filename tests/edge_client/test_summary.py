"""The one figure a summary works out."""

from __future__ import annotations

import pytest

from edge_client.summary import Summary


@pytest.mark.parametrize(("captured_s", "sent_bytes", "saved"), [(0.0, 0, 0.0), (2.0, 16_000, 0.75), (1.0, 32_000, 0.0)])
def test_what_was_saved_is_measured_against_streaming_everything(captured_s: float, sent_bytes: int, saved: float) -> None:
    assert Summary(captured_s, 0.0, sent_bytes / 32_000, sent_bytes, 1, 0).bytes_saved_ratio == saved
