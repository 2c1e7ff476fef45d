"""A candidate is a value: equal readings are one, and none changes after it was made."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from models.decode.candidate import Candidate


def test_equal_readings_are_one() -> None:
    first, second = (Candidate(("pie",), ((26, 6),), -1.0, -2.0, -3.0) for _ in range(2))
    assert len({first, second}) == 1


def test_a_reading_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Candidate((), (), 0.0, 0.0, 0.0).score = 1.0  # type: ignore[misc]
