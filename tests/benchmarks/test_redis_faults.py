"""The measurement of a sick Redis: its figures, and a small run against real programs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from benchmarks.__main__ import app
from benchmarks.redis_faults import Waits, as_rows, figures
from protos.errors import ConfigurationError
from tests.programs import program


def test_what_is_added_is_the_difference_of_the_95th_percentiles() -> None:
    facts = figures(Waits([0.010] * 100, [0.010] * 90 + [0.030] * 10, [0.1, 5.0]))
    assert facts["well_ms"] == {"p50": 10.0, "p95": 10.0, "p100": 10.0}
    assert facts["sick_ms"] == {"p50": 10.0, "p95": 30.0, "p100": 30.0}
    assert (facts["segments"], facts["added_p95_ms"], facts["recovery_max_s"]) == (100, 20.0, 5.0)
    assert len(list(as_rows({"hung": facts}))) == 2


@pytest.mark.parametrize("flags", [["--faults", "hung,tired"], ["--model", "imagined"]])
def test_what_there_is_not_is_named(flags: list[str]) -> None:
    result = CliRunner().invoke(app, ["redis", *flags])
    assert isinstance(result.exception, ConfigurationError)
    assert flags[1].split(",")[-1] in str(result.exception)


def test_a_small_run_answers_every_segment_although_redis_is_spoilt() -> None:
    program("redis-server")
    result = CliRunner().invoke(app, ["redis", "--rounds", "1", "--segments-a-turn", "3", "--faults", "corrupt", "--json"])
    assert not isinstance(result.exception, ConfigurationError), result.exception
    facts: dict[str, Any] = json.loads(result.stdout)
    assert facts.keys() == {"corrupt", "run"}
    assert facts["corrupt"]["segments"] == 3
