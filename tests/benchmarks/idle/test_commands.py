"""What harken-bench idle takes."""

from __future__ import annotations

import pytest

from benchmarks.idle.commands import numbers
from protos.errors import ConfigurationError


def test_numbers_of_clients_are_read_and_what_is_none_is_named() -> None:
    assert numbers("0,1, 100") == [0, 1, 100]
    for text in ("many", "1,,2", "-1"):
        with pytest.raises(ConfigurationError, match="--connections"):
            numbers(text)
