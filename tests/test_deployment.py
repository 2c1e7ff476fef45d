"""What is deployed exists: every path, port and metric named in docker-compose.yml, the Dockerfiles and Grafana."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from cloud_server.config import Config
from cloud_server.metrics import Metrics
from cloud_server.security.exposure import PLAINTEXT_CONSENT, PLAINTEXT_VARIABLE
from cloud_server.shared.access import RedisAccess, redis_access

DOCKERFILES = ["deploy/docker/server.Dockerfile", "deploy/docker/edge.Dockerfile"]


@pytest.fixture(scope="session")
def services(root: Path) -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = yaml.safe_load((root / "docker-compose.yml").read_text())["services"]
    return loaded


def test_compose_has_the_server_and_its_watchers(services: dict[str, dict[str, Any]]) -> None:
    assert {"server", "redis", "prometheus", "grafana"} <= services.keys()


def test_redis_is_there_for_who_asks_for_it_and_keeps_nothing_on_disk(services: dict[str, dict[str, Any]]) -> None:
    assert set(services["redis"]["profiles"]) == {"redis", "scale"}
    command = " ".join(services["redis"]["command"])
    assert "--save  --appendonly no" in command
    assert "--maxmemory-policy allkeys-lru" in command
    assert "ports" not in services["redis"]
    access = redis_access("redis://redis", None, None, {PLAINTEXT_VARIABLE: services["server"]["environment"][PLAINTEXT_VARIABLE]})
    assert access == RedisAccess("redis")


def test_every_build_and_mount_path_exists(root: Path, services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        if "build" in service:
            assert (root / service["build"]["context"] / service["build"]["dockerfile"]).is_file(), name
        for volume in service.get("volumes", []):
            assert (root / volume.split(":")[0]).exists(), f"{name} mounts {volume}"


def test_nothing_is_published_beyond_loopback(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name
    assert services["server"]["environment"] == {
        PLAINTEXT_VARIABLE: PLAINTEXT_CONSENT,
        "HARKEN_SERVER_METRICS_HOST": "0.0.0.0",  # noqa: S104
        "HARKEN_SERVER_REDIS": "${HARKEN_SERVER_REDIS:-}",
    }
    assert services["server"]["ports"] == [f"127.0.0.1:{Config().port}:{Config().port}"]


@pytest.mark.parametrize("name", DOCKERFILES)
def test_an_image_copies_what_exists_runs_as_nobody_and_has_no_torch(root: Path, name: str) -> None:
    text = (root / name).read_text()
    copied = [match.split() for match in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)]
    assert copied
    for *sources, _ in copied:
        for source in sources:
            assert (root / source).exists(), f"{name} copies {source}"
    requirements = re.findall(r"-r (requirements/\S+)", text)
    assert len(requirements) == 1
    assert "--require-hashes" in text
    pins = (root / requirements[0]).read_text()
    assert not re.search(r"^(torch|torchaudio|transformers)==", pins, re.MULTILINE)
    assert re.search(r"^USER (?!root)", text, re.MULTILINE)


@pytest.mark.parametrize("extra", ["edge", "server"])
def test_a_runtime_install_is_pinned_by_hash_without_an_index(root: Path, extra: str) -> None:
    text = (root / "requirements" / f"{extra}.txt").read_text()
    pins = re.findall(r"^[a-z0-9._-]+==", text, re.MULTILINE)
    assert len(pins) > 10
    assert text.count("--hash=sha256:") >= len(pins)
    assert not re.search(r"https?://|--(extra-)?index|--find|^torch", text, re.MULTILINE)


def test_prometheus_scrapes_the_port_the_server_serves(root: Path) -> None:
    config = yaml.safe_load((root / "deploy/prometheus/prometheus.yml").read_text())
    (job,) = [job for job in config["scrape_configs"] if job["job_name"] == "harken-server"]
    assert job["static_configs"][0]["targets"] == [f"server:{Config().metrics_port}"]


def test_grafana_is_provisioned_with_panels_of_metrics_that_exist(root: Path) -> None:
    source = yaml.safe_load((root / "deploy/grafana/provisioning/datasources/prometheus.yml").read_text())["datasources"][0]
    families = list(Metrics().registry.collect())
    exported = {family.name for family in families} | {sample.name for family in families for sample in family.samples}
    dashboards = sorted((root / "deploy/grafana/dashboards").glob("*.json"))
    assert dashboards
    for path in dashboards:
        for panel in json.loads(path.read_text())["panels"]:
            if panel["type"] == "row":
                continue
            assert panel["datasource"]["uid"] == source["uid"]
            for target in panel["targets"]:
                names = set(re.findall(r"\basr_[a-z0-9_]+", target["expr"]))
                assert names or "harken:" in target["expr"] or "process_" in target["expr"], f"{path.name}: {panel['title']}"
                assert names <= exported, f"{path.name}: {panel['title']} asks for {names - exported}"
