"""What docs/scaling.md promises of files: the balancer's addresses, the second server, and that Prometheus sees both."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from cloud_server.config import Config

SCALE = "scale"


@pytest.fixture(scope="module")
def services(root: Path) -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = yaml.safe_load((root / "docker-compose.yml").read_text())["services"]
    return loaded


def test_the_balancer_is_told_every_address_that_its_configuration_asks_for(root: Path, services: dict[str, dict[str, Any]]) -> None:
    asked = set(re.findall(r"\$\{(\w+)\}", (root / "deploy" / "haproxy" / "haproxy.cfg").read_text()))
    told = services["balancer"]["environment"]
    assert asked == set(told)
    for number in (1, 2):
        name, _, port = told[f"HARKEN_SERVER_{number}"].partition(":")
        assert name in services
        assert int(port) == Config().port
        assert int(told[f"HARKEN_SERVER_{number}_METRICS_PORT"]) == Config().metrics_port


def test_the_second_server_is_the_first_behind_the_balancer(services: dict[str, dict[str, Any]]) -> None:
    first, second = services["server"], services["server-two"]
    assert {**second, "ports": first["ports"]} == {**first, "profiles": [SCALE]}
    assert second["ports"] == []


def test_the_profile_adds_a_balancer_and_a_server_to_redis_and_the_watchers(services: dict[str, dict[str, Any]]) -> None:
    with_profile = {name for name, service in services.items() if SCALE in service.get("profiles", [SCALE])}
    assert {"server", "server-two", "balancer", "redis", "prometheus", "grafana"} <= with_profile
    without = {name for name, service in services.items() if not service.get("profiles")}
    assert not {"server-two", "balancer"} & without


def test_prometheus_sees_both_servers(root: Path) -> None:
    config = yaml.safe_load((root / "deploy" / "prometheus" / "prometheus.yml").read_text())
    (job,) = [job for job in config["scrape_configs"] if job["job_name"] == "harken-server"]
    (found,) = job["dns_sd_configs"]
    assert job["static_configs"][0]["targets"] == [f"server:{Config().metrics_port}"]
    assert (found["names"], found["type"], found["port"]) == (["server-two"], "A", Config().metrics_port)
