"""What wakes somebody wakes them once: beside a sound server no cause fires a page that is not its own. Real promtool, real Alertmanager."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.alertmanager import Labels, running_alertmanager
from tests.deploy.scenarios import ANSWERS, OBJECTIVES, SEGMENTS, SERVER, SYMPTOMS, Scenario
from tests.programs import program

MOMENTS = 20
OTHER = SERVER.replace("a:9464", "b:9464")
# What a server that nothing ails tells all day.
SOUND = {
    f"up{{{SERVER}}}": "1",
    f"asr_probe_success{{{SERVER}}}": "1",
    f"asr_server_ready{{{SERVER}}}": "1",
    f"asr_server_draining{{{SERVER}}}": "0",
    f'asr_queue_queue_audio_seconds{{{SERVER}, priority="live"}}': "1",
    f"asr_model_restarts_total{{{SERVER}}}": "0",
    f"asr_model_nonfinite_outputs_total{{{SERVER}}}": "0",
    f'asr_edge_segments_total{{{SERVER}, outcome="lost"}}': "0",
    f"asr_edge_spool_oldest_timestamp_seconds{{{SERVER}}}": "0",
    SEGMENTS + '"ok"}': "0+1000",
    ANSWERS.format("count", ""): "0+100",
    ANSWERS.format("bucket", ', le="1.0"'): "0+100",
    f'asr_search_requests_total{{{SERVER}, outcome="ok"}}': "0+60",
}


@dataclass(frozen=True)
class Cause:
    scenario: Scenario
    pages: frozenset[str]
    """That fire for it; what reaches anybody is what Alertmanager leaves of them."""


def gone(*others: str) -> Scenario:
    """A server that is killed after ten minutes and stays away for twenty. others: series of servers that do not."""
    away = {series: f"{values.partition('+')[0]}x10 stale _x18 {values}x20" for series, values in SOUND.items()}
    return Scenario(away | {f"up{{{SERVER}}}": "1x10 0x20 1x20"} | dict.fromkeys(others, "1x50"), 9, 28, 45)


def pages(root: Path) -> dict[str, list[dict[str, Any]]]:
    """File -> its groups, with no alerts but those that wake somebody."""
    found = {}
    for path in sorted((root / "deploy" / "prometheus" / "rules").glob("*.yml")):
        groups = yaml.safe_load(path.read_text())["groups"]
        kept = [{**group, "rules": [rule for rule in group["rules"] if rule.get("labels", {}).get("severity", "page") == "page"]} for group in groups]
        found[path.name] = [group for group in kept if group["rules"]]
    return found


def causes(root: Path) -> dict[str, Cause]:
    """Every alert's own scenario, and what befalls whole servers."""
    waking = {rule["alert"] for groups in pages(root).values() for group in groups for rule in group["rules"] if "alert" in rule}
    # A budget that burns fast burns.
    also = {"HarkenAvailabilityBurnsFast": {"HarkenAvailabilityBurns"}, "HarkenLatencyBurnsFast": {"HarkenLatencyBurns"}}
    own = {name: Cause(scenario, frozenset({name, *also.get(name, ())} & waking)) for name, scenario in {**OBJECTIVES, **SYMPTOMS}.items()}
    return own | {
        "one of two is gone": Cause(gone(f"asr_probe_success{{{OTHER}}}", f"up{{{OTHER}}}"), frozenset({"HarkenTargetDown"})),
        "the only one is gone": Cause(gone(), frozenset({"HarkenTargetDown", "HarkenProbeAbsent"})),
    }


def as_promtool_has_it(name: str, cause: Cause) -> dict[str, Any]:
    end = cause.scenario.reset + 2
    series = {series: f"{values}x{end}" for series, values in SOUND.items()} | cause.scenario.series
    firing = 'ALERTS{alertstate="firing", severity="page"'
    expected = [{"labels": f'{{alertname="{page}"}}', "value": 1} for page in sorted(cause.pages)]
    others = f'{firing}, alertname!~"{"|".join(sorted(cause.pages))}"}}'
    return {
        "name": name,
        "interval": "1m",
        "input_series": [{"series": series, "values": values} for series, values in series.items()],
        "promql_expr_test": [
            {"expr": f"group by (alertname) ({firing}}})", "eval_time": f"{cause.scenario.fires}m", "exp_samples": expected},
            *({"expr": others, "eval_time": f"{end * moment // MOMENTS}m", "exp_samples": []} for moment in range(1, MOMENTS + 1)),
        ],
    }


def run_promtool(root: Path, folder: Path, tests: list[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
    for name, groups in pages(root).items():
        (folder / name).write_text(yaml.safe_dump({"groups": groups}))
    about = {"rule_files": sorted(pages(root)), "evaluation_interval": "1m", "tests": tests}
    (folder / "pages.tests.yml").write_text(yaml.safe_dump(about))
    return subprocess.run([program("promtool"), "test", "rules", folder / "pages.tests.yml"], capture_output=True, text=True, check=False)


def test_no_cause_fires_another_ones_page(root: Path, tmp_path: Path) -> None:
    done = run_promtool(root, tmp_path, [as_promtool_has_it(name, cause) for name, cause in causes(root).items()])
    assert done.returncode == 0, done.stderr + done.stdout


def test_a_page_that_nobody_expects_is_found(root: Path, tmp_path: Path) -> None:
    """The negative control: a probe that fails beside a microphone that is lost."""
    lost = causes(root)["HarkenMicrophonesLost"]
    both = Scenario({**lost.scenario.series, **SYMPTOMS["HarkenProbeFails"].series}, 9, 28, 45)
    done = run_promtool(root, tmp_path, [as_promtool_has_it("both", Cause(both, lost.pages))])
    assert done.returncode == 1
    assert "HarkenProbeFails" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("cause", "wakes"),
    [
        ("HarkenAvailabilityBurnsFast", {"HarkenAvailabilityBurnsFast"}),
        ("HarkenLatencyBurnsFast", {"HarkenLatencyBurnsFast"}),
        ("the only one is gone", {"HarkenTargetDown"}),
    ],
)
def test_of_several_pages_for_one_cause_one_wakes_somebody(root: Path, tmp_path: Path, cause: str, wakes: set[str]) -> None:
    labels = {page: {"alertname": page, "severity": "page"} for page in causes(root)[cause].pages}
    labels = {page: {**its, "instance": "a:9464"} if page == "HarkenTargetDown" else its for page, its in labels.items()}
    assert len(labels) > 1
    assert heard_in_the_end(root, tmp_path, list(labels.values()), len(wakes)) == wakes


def test_a_server_that_is_gone_silences_what_it_said_and_no_other_server(root: Path, tmp_path: Path) -> None:
    alerts = [
        {"alertname": alert, "severity": "page", "instance": instance}
        for alert, instance in [("HarkenTargetDown", "a:9464"), ("HarkenProbeFails", "a:9464"), ("HarkenQueueLong", "b:9464")]
    ]
    assert heard_in_the_end(root, tmp_path, alerts, 2) == {"HarkenTargetDown", "HarkenQueueLong"}


def heard_in_the_end(root: Path, folder: Path, alerts: list[Labels], count: int) -> set[str]:
    """Asks until no more than `count` are left: what fires takes effect a moment later. One that is silenced wrongly is silenced by then too."""
    with running_alertmanager(root / "deploy" / "prometheus" / "alertmanager.yml", folder) as manager:
        manager.fire(alerts)
        while not 0 < len(heard := manager.heard()) <= count:
            pass
        return {labels["alertname"] for labels in heard}
