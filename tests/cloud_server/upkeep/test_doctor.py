"""Each thing that hurts a server is seen, and said with what to do; a good machine has no complaint."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cloud_server.upkeep.doctor import examine_host, examine_model, expected, speed_of
from cloud_server.upkeep.host import Host
from models.bundle import default_bundle_dir
from tests.fakes import StubRecogniser

GOOD = Host("Imaginary 9000", True, 8, 8.0, 32_000_000_000, 0, 0.5, 0.0, "performance", 65_536, 10_000_000_000)


def test_a_good_machine_has_no_complaint() -> None:
    assert {check.state for check in examine_host(GOOD, 8)} == {"ok"}


@pytest.mark.parametrize(
    ("change", "name", "state", "advice"),
    [
        ({"has_vnni": False}, "processor", "warn", "newer processor"),
        ({"usable_cores": 2.5}, "cores", "warn", "--workers 2"),
        ({"available_bytes": 4_000_000_000}, "memory", "warn", "needed with 8 workers"),
        ({"available_bytes": 1_000_000_000}, "memory", "fail", "fewer workers"),
        ({"swapped_bytes": 2_000_000_000}, "swap", "warn", "2.0 GB"),
        ({"busy_cores": 6.0}, "neighbours", "warn", "6.0 cores are busy"),
        ({"stolen": 0.2}, "neighbours", "warn", "hypervisor"),
        ({"governor": "powersave"}, "clock", "warn", "performance"),
        ({"open_files": 256}, "open files", "warn", "ulimit"),
        ({"scratch_bytes": 1_000_000}, "scratch", "warn", "TMPDIR"),
    ],
)
def test_each_thing_that_hurts_is_said_with_what_to_do(change: dict[str, object], name: str, state: str, advice: str) -> None:
    hurting = [check for check in examine_host(replace(GOOD, **change), 8) if check.state != "ok"]
    assert [(check.name, check.state) for check in hurting] == [(name, state)]
    assert advice in hurting[0].detail


def test_the_model_is_verified() -> None:
    assert examine_model(default_bundle_dir()).state == "ok"
    missing = examine_model(Path("nowhere"))
    assert missing.state == "fail"
    assert "nowhere" in missing.detail


def test_capacity_follows_the_cores_and_the_recognisers_speed() -> None:
    assert "about 240 people" in expected(GOOD, 0.02).detail
    assert expected(replace(GOOD, usable_cores=1.0), 0.02).detail != expected(GOOD, 0.02).detail
    assert expected(GOOD, 10.0).state == "fail"


def test_speed_is_processor_time() -> None:
    assert 0 <= speed_of(StubRecogniser()) < 1.0


def test_the_command_says_everything_in_one_object() -> None:
    done = subprocess.run([sys.executable, "-m", "cloud_server", "doctor", "--workers", "1", "--json"], capture_output=True, text=True, check=False)
    facts = json.loads(done.stdout)
    assert [check["name"] for check in facts["checks"]][-2:] == ["model", "capacity"]
    assert done.returncode == (2 if any(check["state"] == "fail" for check in facts["checks"]) else 0)


def test_a_model_that_is_not_there_is_an_exit_code() -> None:
    done = subprocess.run([sys.executable, "-m", "cloud_server", "doctor", "--bundle", "nowhere"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "fail  model: nowhere" in done.stdout
