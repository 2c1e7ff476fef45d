"""Panels and alerts between them use every metric there is, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.dashboards.boards import BOARDS
from cloud_server.metrics import Metrics

SUFFIXES = "_bucket", "_count", "_sum", "_total"
QUERIES = {f"{name}: {panel.title}": " ".join(panel.queries.values()) for name, board in BOARDS.items() for panel in board.panels}


def exported() -> set[str]:
    """Families, as a scrape would name them."""
    return {f"{family.name}_total" if family.type == "counter" else family.name for family in Metrics().registry.collect()}


def asked_for(text: str) -> set[str]:
    """Families that PromQL names: a histogram's parts are its own."""
    return {family_of(name) for name in re.findall(r"\basr_[a-z0-9_]+", text)}


def family_of(name: str) -> str:
    return name if name in exported() else re.sub(r"_(bucket|count|sum)$", "", name)


def rules(root: Path) -> str:
    return "\n".join(path.read_text() for path in (root / "deploy" / "prometheus" / "rules").glob("*.yml"))


@pytest.mark.parametrize("panel", QUERIES)
def test_a_panel_asks_for_metrics_that_exist(root: Path, panel: str) -> None:
    assert asked_for(QUERIES[panel]) <= exported()
    recorded = set(re.findall(r"record: (\S+)", rules(root)))
    assert set(re.findall(r"harken:\w+:\w+", QUERIES[panel])) <= recorded


def test_every_metric_is_on_a_panel_or_in_an_alert(root: Path) -> None:
    used = asked_for(" ".join(QUERIES.values())) | asked_for(rules(root))
    assert {name for name in exported() if name.startswith("asr_")} - used == set()


def test_a_renamed_metric_is_missed() -> None:
    """The negative control of the first test."""
    renamed = QUERIES["overview: Segments by outcome"].replace("asr_server_segments_total", "asr_server_segment_total")
    assert not asked_for(renamed) <= exported()
