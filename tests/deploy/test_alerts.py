"""Every alert fires when it should, is quiet before and again after, and says what to do: real promtool, real amtool."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from cloud_server.metrics import Metrics
from tests.deploy.scenarios import OBJECTIVES, SYMPTOMS, Scenario
from tests.programs import program

FILES = {"objectives.yml": OBJECTIVES, "symptoms.yml": SYMPTOMS}
BURN_RATES = {"BurnsFast": ("1h", "5m", 14.4), "Burns": ("6h", "30m", 6.0), "Leaks": ("3d", "6h", 1.0)}


def rules(root: Path, name: str) -> dict[str, dict[str, Any]]:
    groups = yaml.safe_load((root / "deploy" / "prometheus" / "rules" / name).read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


def expressions(root: Path) -> str:
    return "\n".join(path.read_text() for path in (root / "deploy" / "prometheus" / "rules").glob("*.yml"))


def as_promtool_has_it(rule: dict[str, Any], scenario: Scenario) -> dict[str, Any]:
    name = rule["alert"]
    fired = [{"exp_labels": {**rule["labels"], **scenario.labels}, "exp_annotations": rule["annotations"]}]
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": series, "values": values} for series, values in scenario.series.items()],
        "alert_rule_test": [
            {"eval_time": f"{scenario.quiet}m", "alertname": name, "exp_alerts": []},
            {"eval_time": f"{scenario.fires}m", "alertname": name, "exp_alerts": fired},
            {"eval_time": f"{scenario.reset}m", "alertname": name, "exp_alerts": []},
        ],
    }


def run_promtool(rules_file: Path, tests: list[dict[str, Any]], folder: Path) -> subprocess.CompletedProcess[str]:
    """Each test beside the rules it needs and no others: all of them at every minute of every test would take ten times as long."""
    groups = yaml.safe_load(rules_file.read_text())["groups"]
    for test in tests:
        needed = [{**group, "rules": [rule for rule in group["rules"] if rule.get("alert") in (None, test["name"])]} for group in groups]
        (folder / f"{test['name']}.rules.yml").write_text(yaml.safe_dump({"groups": [group for group in needed if group["rules"]]}))
        about = {"rule_files": [f"{test['name']}.rules.yml"], "evaluation_interval": "1m", "tests": [test]}
        (folder / f"{test['name']}.tests.yml").write_text(yaml.safe_dump(about))
    files = sorted(folder.glob("*.tests.yml"))
    return subprocess.run([program("promtool"), "test", "rules", *files], capture_output=True, text=True, check=False)


def test_there_are_at_least_twenty_and_every_one_has_its_three_cases(root: Path) -> None:
    found = {name: set(rules(root, name)) for name in FILES}
    assert sum(map(len, found.values())) >= 20
    assert found == {name: set(scenarios) for name, scenarios in FILES.items()}


@pytest.mark.parametrize("name", FILES)
def test_every_alert_is_quiet_then_fires_then_is_quiet_again(root: Path, tmp_path: Path, name: str) -> None:
    own = rules(root, name)
    tests = [as_promtool_has_it(own[alert], scenario) for alert, scenario in FILES[name].items()]
    done = run_promtool(root / "deploy" / "prometheus" / "rules" / name, tests, tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout


def test_a_case_that_is_wrong_is_found(root: Path, tmp_path: Path) -> None:
    """The negative control: the same alert is expected a minute too early."""
    own = rules(root, "symptoms.yml")["HarkenProbeFails"]
    case = as_promtool_has_it(own, SYMPTOMS["HarkenProbeFails"])
    case["alert_rule_test"][1]["eval_time"] = "10m"
    done = run_promtool(root / "deploy" / "prometheus" / "rules" / "symptoms.yml", [case], tmp_path)
    assert done.returncode == 1
    assert "HarkenProbeFails" in done.stdout + done.stderr


def test_without_traffic_no_objective_is_missed(root: Path, tmp_path: Path) -> None:
    still = {name: Scenario(dict.fromkeys(scenario.series, "7x60"), 10, 30, 50) for name, scenario in OBJECTIVES.items()}
    own = rules(root, "objectives.yml")
    tests = [as_promtool_has_it(own[name], scenario) for name, scenario in still.items()]
    for test in tests:
        test["alert_rule_test"][1]["exp_alerts"] = []
    assert run_promtool(root / "deploy" / "prometheus" / "rules" / "objectives.yml", tests, tmp_path).returncode == 0


@pytest.mark.parametrize(("budget", "kind"), [(0.001, "Availability"), (0.05, "Latency")])
def test_burn_rates_are_those_of_the_workbook(root: Path, budget: float, kind: str) -> None:
    own = rules(root, "objectives.yml")
    for suffix, (long, short, rate) in BURN_RATES.items():
        expression = own[f"Harken{kind}{suffix}"]["expr"]
        assert re.findall(r"ratio_rate(\w+) > ([\d.]+)", expression) == [(window, f"{budget * rate:.4f}".rstrip("0")) for window in (long, short)]


def test_every_alert_links_to_its_section_of_the_runbook(root: Path) -> None:
    sections = set(re.findall(r"^### (\w+)$", (root / "docs" / "operations.md").read_text(), re.MULTILINE))
    alerts = {alert: rule for name in FILES for alert, rule in rules(root, name).items()}
    assert sections == alerts.keys()
    for alert, rule in alerts.items():
        path, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert (root / path).is_file()
        assert anchor == alert.lower()
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_alerts_ask_for_metrics_that_exist(root: Path) -> None:
    exported = {sample.name for family in Metrics().registry.collect() for sample in family.samples}
    exported |= {"asr_search_index_docs", "asr_model_info"}
    assert set(re.findall(r"\basr_[a-z_]+", expressions(root))) <= exported


def test_prometheus_and_alertmanager_take_their_files(root: Path) -> None:
    folder = root / "deploy" / "prometheus"
    for command in (
        [program("promtool"), "check", "config", folder / "prometheus.yml"],
        [program("amtool"), "check-config", folder / "alertmanager.yml"],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("alert", "receiver"), [("HarkenProbeFails", "page"), ("HarkenDiskFills", "ticket")])
def test_pages_reach_whoever_is_woken_and_tickets_do_not(root: Path, alert: str, receiver: str) -> None:
    rule = rules(root, "symptoms.yml")[alert]
    command = [program("amtool"), "config", "routes", "test", "--config.file", root / "deploy" / "prometheus" / "alertmanager.yml"]
    severity = rule["labels"]["severity"]
    done = subprocess.run([*command, f"alertname={alert}", f"severity={severity}"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == receiver
