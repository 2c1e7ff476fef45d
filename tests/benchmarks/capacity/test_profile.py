"""A measured load becomes a profile, or says what it lacks."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.capacity.profile import Profile, profile_of, spread_of
from protos.errors import ConfigurationError

STAGES = {"infer": {"p50": 0.020, "p95": 0.040}, "decode": {"p50": 0.020, "p95": 0.020}}
REPORT: dict[str, Any] = {
    "server_cpu_seconds_per_audio_second": 0.02, "segments": 100, "audio_seconds": 300.0, "stage_seconds": STAGES, "cores": 2,
}  # fmt: skip


def test_a_segments_cost_is_its_audios() -> None:
    profile = profile_of(REPORT, None)
    assert (profile.service_s, profile.cores) == (pytest.approx(0.06), 2)
    assert profile.spread == pytest.approx(0.304)
    assert profile_of(REPORT, 16).cores == 16


def test_a_stage_that_always_takes_as_long_has_no_spread() -> None:
    assert spread_of([{"p50": 0.1, "p95": 0.1}]) == 0.0
    assert spread_of([{"p50": 0.0, "p95": 0.0}]) == 0.0


@pytest.mark.parametrize(
    ("change", "lack"),
    [({"server_cpu_seconds_per_audio_second": None}, "without --server"), ({"segments": 0}, "processor time"), ({"cores": None}, "--cores")],
)
def test_what_is_missing_is_named(change: dict[str, object], lack: str) -> None:
    report = {name: value for name, value in {**REPORT, **change}.items() if name != "cores" or value is not None}
    with pytest.raises(ConfigurationError, match=lack):
        profile_of(report, None)


def test_what_is_no_report_is_named() -> None:
    with pytest.raises(ConfigurationError, match="server_cpu_seconds_per_audio_second"):
        profile_of({"steps": []}, None)


def test_a_profile_that_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="above 0"):
        Profile(0.0, 0.0, 1)
