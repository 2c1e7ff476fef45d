"""deploy/kubernetes: what Kubernetes' own schemas say of it, and what they cannot know: that names, ports, variables and metrics are ours.

ServiceMonitor is no kind of Kubernetes' own: of it only what we wrote is checked, not the operator's schema. No cluster is asked.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from cloud_server.config import Config
from cloud_server.metrics import Metrics
from cloud_server.security.exposure import PLAINTEXT_CONSENT, PLAINTEXT_VARIABLE

FOLDER = Path(__file__).resolve().parent.parent / "deploy" / "kubernetes"
OLDEST, NEWEST = "1.27.0", kubernetes_validate.latest_version()
KUSTOMIZATION = "kustomization.yaml"
MANIFESTS = {path.name: yaml.safe_load(path.read_text()) for path in sorted(FOLDER.glob("*.yaml")) if path.name != KUSTOMIZATION}
KINDS = {manifest["kind"]: manifest for manifest in MANIFESTS.values()}
FOREIGN = "ServiceMonitor"


@pytest.fixture
def container() -> dict[str, Any]:
    (found,) = KINDS["Deployment"]["spec"]["template"]["spec"]["containers"]
    return dict(found)


def labelled(manifest: dict[str, Any], labels: dict[str, str]) -> dict[str, Any]:
    """As Kustomize's `includeSelectors` fills it in, where the schema asks for it."""
    if manifest["kind"] == "Deployment":
        spec = manifest["spec"]
        spec = {**spec, "selector": {"matchLabels": labels}, "template": {**spec["template"], "metadata": {"labels": labels}}}
        return {**manifest, "spec": spec}
    return manifest


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("name", [name for name, manifest in MANIFESTS.items() if manifest["kind"] != FOREIGN])
def test_kubernetes_own_schema_takes_it(name: str, version: str) -> None:
    (pair,) = kustomization()["labels"]
    kubernetes_validate.validate(labelled(MANIFESTS[name], pair["pairs"]), version, strict=True)


def test_the_schema_would_see_a_slip() -> None:
    wrong = {**MANIFESTS["service.yaml"], "spec": {"ports": [{"prot": 50051}]}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, NEWEST, strict=True)


def kustomization() -> dict[str, Any]:
    return dict(yaml.safe_load((FOLDER / KUSTOMIZATION).read_text()))


def test_every_file_is_applied_and_each_kind_is_there() -> None:
    assert sorted(kustomization()["resources"]) == sorted(MANIFESTS)
    wanted = {"Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy", "ServiceMonitor"}
    assert wanted <= KINDS.keys()
    assert kustomization()["images"][0]["name"] == KINDS["Deployment"]["spec"]["template"]["spec"]["containers"][0]["image"]


def test_labels_that_kustomize_puts_everywhere_are_those_that_are_written_out() -> None:
    (pair,) = kustomization()["labels"]
    assert pair["includeSelectors"] is True
    for constraint in KINDS["Deployment"]["spec"]["template"]["spec"]["topologySpreadConstraints"]:
        assert constraint["labelSelector"]["matchLabels"] == pair["pairs"]


def test_ports_are_the_servers(container: dict[str, Any]) -> None:
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"grpc": Config().port, "metrics": Config().metrics_port}
    assert {port["targetPort"]: port["port"] for port in KINDS["Service"]["spec"]["ports"]} == ports
    assert {container[probe]["grpc"]["port"] for probe in ("startupProbe", "readinessProbe")} == {Config().port}
    assert KINDS[FOREIGN]["spec"]["endpoints"][0]["port"] in ports
    allowed = [port["port"] for rule in KINDS["NetworkPolicy"]["spec"]["ingress"] for port in rule["ports"]]
    assert sorted(allowed) == sorted(ports)


def test_variables_are_those_that_the_server_reads(container: dict[str, Any]) -> None:
    told = {variable["name"]: variable["value"] for variable in container["env"]}
    assert told.pop(PLAINTEXT_VARIABLE) == PLAINTEXT_CONSENT
    wide = {**os.environ, "COLUMNS": "300", "TERMINAL_WIDTH": "300"}
    shown = subprocess.run([sys.executable, "-m", "cloud_server", "run", "--help"], capture_output=True, text=True, env=wide, check=True).stdout
    assert [name for name in told if name not in shown] == []
    assert int(told["HARKEN_SERVER_WORKERS"]) == int(container["resources"]["requests"]["cpu"])


def test_it_scales_by_a_metric_that_exists_and_points_at_what_it_scales() -> None:
    spec = KINDS["HorizontalPodAutoscaler"]["spec"]
    (pods,) = [metric["pods"] for metric in spec["metrics"] if metric["type"] == "Pods"]
    assert pods["metric"]["name"] in {family.name for family in Metrics().registry.collect()}
    assert spec["scaleTargetRef"]["name"] == KINDS["Deployment"]["metadata"]["name"]
    assert "replicas" not in KINDS["Deployment"]["spec"]
    assert spec["minReplicas"] > KINDS["PodDisruptionBudget"]["spec"]["maxUnavailable"]


def test_a_pod_has_time_to_finish_and_no_more_rights_than_it_needs(container: dict[str, Any]) -> None:
    pod = KINDS["Deployment"]["spec"]["template"]["spec"]
    pause_s = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] > pause_s + 2 * Config().drain_s
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["automountServiceAccountToken"] is False
    user = str(pod["securityContext"]["runAsUser"])
    assert f"--uid {user}" in (FOLDER.parent / "docker" / "server.Dockerfile").read_text()
