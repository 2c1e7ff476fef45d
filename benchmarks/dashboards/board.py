"""Panels and boards as frozen data, and how they become Grafana's JSON. Says nothing of what is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders.common import VizLegendOptions
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.timeseries import Panel as TimeSeries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement
from grafana_foundation_sdk.models.dashboard import DataSourceRef, GridPos

SOURCE = DataSourceRef(type_val="prometheus", uid="prometheus")
WIDTH, HEIGHT, COLUMNS = 8, 8, 24
LETTERS = "ABCDEFGHIJ"
RATE = "[$__rate_interval]"


@dataclass(frozen=True)
class Panel:
    title: str
    queries: dict[str, str]
    """Legend -> PromQL."""
    unit: str = "short"
    """Grafana's name of it: s, bytes, percentunit, reqps, ..."""
    description: str = ""


@dataclass(frozen=True)
class Board:
    uid: str
    title: str
    rows: dict[str, tuple[Panel, ...]]

    @property
    def panels(self) -> tuple[Panel, ...]:
        return tuple(panel for row in self.rows.values() for panel in row)


def rate(metric: str, by: str = "") -> str:
    """Events a second."""
    return f"sum by ({by}) (rate({metric}{RATE}))" if by else f"sum(rate({metric}{RATE}))"


def share(part: str, whole: str) -> str:
    """0 while nothing happens at all: a gap would look like an outage of the scrape."""
    return f"(sum(rate({part}{RATE})) or vector(0)) / (sum(rate({whole}{RATE})) > 0) or vector(0)"


def quantiles(histogram: str, labels: str = "", by: str = "", *, is_signed: bool = False) -> dict[str, str]:
    """p50, p95, p99 of what was observed lately; 0 while nothing is. is_signed: negative values are as good as others."""
    kept, legend = f"le, {by}" if by else "le", f"{{{{{by}}}}} " if by else ""
    rates = f"sum by ({kept}) (rate({histogram}_bucket{labels}{RATE}))"
    found = {percent: f"histogram_quantile({percent / 100:g}, {rates})" for percent in (50, 95, 99)}
    # NaN is neither: that leaves it out.
    told = {percent: f"({quantile} {'< Inf' if is_signed else '>= 0'})" + ("" if by else " or vector(0)") for percent, quantile in found.items()}
    return {f"{legend}p{percent}": query for percent, query in told.items()}


def build(board: Board) -> str:
    """The JSON that Grafana is provisioned with; the same for the same board."""
    made = Dashboard(board.title).uid(board.uid).tags(["harken"]).timezone("browser").refresh("15s").time("now-1h", "now").editable()
    top = number = 0
    for title, panels in board.rows.items():
        made = made.with_row(Row(title).id(number := number + 1).grid_pos(GridPos(h=1, w=COLUMNS, x=0, y=top)))
        top += 1
        for place, panel in enumerate(panels):
            left, down = place * WIDTH % COLUMNS, place * WIDTH // COLUMNS * HEIGHT
            made = made.with_panel(_time_series(panel, number := number + 1, GridPos(h=HEIGHT, w=WIDTH, x=left, y=top + down)))
        top += -(-len(panels) * WIDTH // COLUMNS) * HEIGHT
    return str(JSONEncoder(sort_keys=True, indent=1).encode(made.build())) + "\n"


def _time_series(panel: Panel, number: int, place: GridPos) -> Any:
    legend = VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM).show_legend(True)
    made = TimeSeries().id(number).title(panel.title).description(panel.description).datasource(SOURCE).grid_pos(place)
    made = made.unit(panel.unit).min(0).fill_opacity(10).legend(legend)
    if len(panel.queries) > len(LETTERS):
        raise ValueError(f"{panel.title!r} has {len(panel.queries)} queries, at most {len(LETTERS)} are allowed")
    for letter, (name, expression) in zip(LETTERS, panel.queries.items(), strict=False):
        made = made.with_target(Dataquery().ref_id(letter).expr(expression).legend_format(name).datasource(SOURCE).exemplar(True))
    return made
