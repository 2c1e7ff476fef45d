"""harken-bench dashboards: from code to the JSON that Grafana is provisioned with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from protos.errors import ConfigurationError

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "grafana" / "dashboards"


def dashboards(
    out: Annotated[Path, typer.Option(help="Folder for one JSON file a board.")] = FOLDER,
    as_json: Annotated[bool, typer.Option("--json", help="Say what was written as one JSON object.")] = False,
) -> None:
    """Write Grafana's dashboards: overview, pipeline, edge fleet, search, security.

    Needs grafana-foundation-sdk, which is among the test dependencies.

    \b
    harken-bench dashboards
    harken-bench dashboards --out boards --json
    """
    try:
        from benchmarks.dashboards.board import build  # noqa: PLC0415 - most who measure never need it
        from benchmarks.dashboards.boards import BOARDS  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"{error.name} is missing: pip install 'harken[dev]'") from error
    out.mkdir(parents=True, exist_ok=True)
    for name, board in BOARDS.items():
        (out / f"{name}.json").write_text(build(board))
    written = {name: len(board.panels) for name, board in BOARDS.items()}
    print(
        json.dumps({"folder": str(out), "panels": written}) if as_json else "\n".join(f"{out / name}.json: {n} panels" for name, n in written.items())
    )
