"""What Grafana is given: unique ids, a unit, a source and no two panels in one place."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

import pytest

from benchmarks.dashboards.board import COLUMNS, Board, Panel, build, quantiles, share
from benchmarks.dashboards.boards import BOARDS


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    return not (beside or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"])


@pytest.mark.parametrize("name", BOARDS)
def test_panels_have_ids_of_their_own_and_places_of_their_own(name: str) -> None:
    panels: list[dict[str, Any]] = json.loads(build(BOARDS[name]))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert not any(overlap(one["gridPos"], other["gridPos"]) for one, other in combinations(panels, 2))
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= COLUMNS for panel in panels)


@pytest.mark.parametrize("name", BOARDS)
def test_every_question_is_asked_of_prometheus_with_a_unit_and_a_legend(name: str) -> None:
    for panel in json.loads(build(BOARDS[name]))["panels"]:
        if panel["type"] == "row":
            continue
        assert panel["datasource"] == {"type": "prometheus", "uid": "prometheus"}
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert [target["refId"] for target in panel["targets"]] == list("ABCDEFGHIJ"[: len(panel["targets"])])
        assert all(target["legendFormat"] and target["expr"] for target in panel["targets"])


def test_no_query_of_a_panel_is_forgotten() -> None:
    board = Board("uid", "title", {"row": (Panel("panel", {f"legend {number}": f"metric_{number}" for number in range(10)}),)})
    (_, panel) = json.loads(build(board))["panels"]
    assert [target["expr"] for target in panel["targets"]] == [f"metric_{number}" for number in range(10)]
    crowded = Board("uid", "title", {"row": (Panel("panel", {f"legend {number}": "metric" for number in range(11)}),)})
    with pytest.raises(ValueError, match="11 queries"):
        build(crowded)


def test_what_has_not_happened_yet_is_a_zero_and_no_gap() -> None:
    assert share("bad_total", "all_total").endswith("or vector(0)")
    assert all(query.endswith("or vector(0)") for query in quantiles("some_seconds").values())
