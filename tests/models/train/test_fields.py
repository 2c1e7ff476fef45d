from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from models.train.fields import bounded, read_table
from protos.errors import ConfigurationError


@dataclass(frozen=True)
class Inner:
    name: str
    share: float = bounded(0.0, 1.0, default=0.5)


@dataclass(frozen=True)
class Outer:
    count: int = bounded(1, 9)
    inners: tuple[Inner, ...] = ()
    weights: tuple[float, ...] = bounded(0.0, default=(1.0,))
    loud: bool = False
    inner: Inner = field(default_factory=lambda: Inner("x"))


def test_a_table_becomes_the_dataclass_with_defaults_for_what_is_absent() -> None:
    read = read_table(Outer, {"count": 3, "inners": [{"name": "a", "share": 1}], "weights": [1, 2.5]}, "t")
    assert read == Outer(3, (Inner("a", 1.0),), (1.0, 2.5))
    assert type(read.inners[0].share) is float


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, r"t\.count is missing"),
        ({"count": 3, "cuont": 4}, r"t has the unknown key 'cuont'; known are count, inners, weights, loud, inner"),
        ({"count": 0}, r"t\.count is 0, must be from 1 to 9"),
        ({"count": 10}, r"t\.count is 10, must be from 1 to 9"),
        ({"count": 3.0}, r"t\.count is 3\.0, must be of type int"),
        ({"count": True}, r"t\.count is True, must be of type int"),
        ({"count": 3, "loud": 1}, r"t\.loud is 1, must be of type bool"),
        ({"count": 3, "inner": 1}, r"t\.inner is 1, must be a table"),
        ({"count": 3, "inner": {"name": "a", "share": 2}}, r"t\.inner\.share is 2\.0, must be from 0 to 1"),
        ({"count": 3, "inner": {"name": "a", "share": float("nan")}}, r"t\.inner\.share is nan"),
        ({"count": 3, "inners": [{"name": "a"}, {}]}, r"t\.inners\[1\]\.name is missing"),
        ({"count": 3, "weights": 1.0}, r"t\.weights is 1\.0, must be a list"),
        ({"count": 3, "weights": [0.5, -1]}, r"t\.weights\[1\] is -1\.0, must be from 0 to inf"),
        ({"count": 3, "weights": [0.5, "1"]}, r"t\.weights\[1\] is '1', must be of type float"),
        ([], r"t is \[\], must be a table"),
    ],
)
def test_what_breaks_a_rule_is_named_with_its_value(table: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{message}"):
        read_table(Outer, table, "t")
