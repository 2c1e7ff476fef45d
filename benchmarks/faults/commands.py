"""harken-bench faults: what the promise of docs/reliability.md is worth."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.faults.campaign import Campaign

RECORDING = Path(__file__).resolve().parents[2] / "tests" / "recordings" / "pumpkin-pie.flac"


def faults(
    injections: Annotated[int, typer.Option(min=1, help="Cuts, resets, half-open links and kill -9 of the server, at random moments.")] = 50,
    segments: Annotated[int, typer.Option(min=2, help="Queries to be said meanwhile.")] = 500,
    seed: Annotated[int, typer.Option(help="Of the order of the faults.")] = 1,
    recording: Annotated[Path, typer.Option(help="A query; said again and again, each time a little softer.")] = RECORDING,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Break the link and the server again and again; exit 1 if a segment was lost, doubled, reordered or heard otherwise.

    The server has a deterministic stub for a model. recovery_seconds: from the moment the way is free again to the next answer.

    \b
    harken-bench faults
    harken-bench faults --injections 200 --segments 2000 --json
    """
    with tempfile.TemporaryDirectory(prefix="harken-faults-") as folder, typer.progressbar(length=injections, file=sys.stderr) as bar:
        found = asyncio.run(Campaign(recording, segments, injections, seed, Path(folder) / "spool", bar.update).run())
    print(json.dumps(found) if as_json else "\n".join(f"{name}: {value}" for name, value in found.items()))
    if any(found[name] for name in ("lost", "doubled", "reordered", "text_differs")):
        sys.exit(1)
