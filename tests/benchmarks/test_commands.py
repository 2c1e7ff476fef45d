"""What `harken-bench throughput` prints."""

from __future__ import annotations

import json

import pytest

from benchmarks.commands import as_report, as_table, throughput
from benchmarks.throughput import Spread
from protos.errors import ConfigurationError

RESULT = {
    "spreads": {"vs_ort_fp32": Spread(2.0, 2.12345, 3.0)},
    "agreement": {"ort_fp32": 0.987},
    "seconds": {"harken": [1.0, 2.0]},
    "versions": {"torch": "1"},
    "export": {"seconds": 12.3},
}


def test_json_has_medians_on_top_and_everything_else_under_run() -> None:
    report = json.loads(json.dumps(as_report({"base": RESULT}, {"cpu": "a cpu"}, 11, 3.0)))
    assert report["base"] == {"vs_ort_fp32": 2.123}
    assert report["run"]["cpu"] == "a cpu"
    assert report["run"]["base"]["spreads"]["vs_ort_fp32"] == {"low": 2.0, "median": 2.12345, "high": 3.0}
    assert report["run"]["base"]["seconds"] == {"harken": [1.0, 2.0]}


def test_the_table_says_the_same() -> None:
    lines = as_table("base", RESULT).splitlines()
    assert "2.123" in lines[1]
    assert "98.7%" in lines[2]
    assert "12.30" in lines[3]


def test_an_unknown_model_is_named() -> None:
    with pytest.raises(ConfigurationError, match="'large'"):
        throughput(models="shipped,large")
