"""The words alone are enough to ask with."""

from __future__ import annotations

from cloud_server.search.heard import Heard
from protos.messages import Hypothesis


def test_sounds_may_be_missing() -> None:
    assert Heard((Hypothesis("apple pie", 1.0),)).sounds is None
