"""harken-bench soak: does a server under load for a while hold more than before?"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.soak.soak import Settings, Soak


def soak(
    minutes: Annotated[float, typer.Option(min=1.0, help="Of load: ten seconds as fast as it goes, the rest at 80 % of that.")] = 10.0,
    cancel_ratio: Annotated[float, typer.Option(min=0.0, max=1.0, help="Streams that hang up in mid-sentence.")] = 0.2,
    seed: Annotated[int, typer.Option(help="Of which streams do, and where.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Keep a server with a stub for a model at 80 % of what it can do; exit 1 if it grows, refuses, or holds more afterwards.

    The first 40 % of the segments, 10,500 at least, are warm-up: answers are kept for repeats, 10,000 at most. From then on memory (server, worker,
    the Theil-Sen slope) may grow by less than 2 %, and by less than 512 bytes a segment; 106 bytes a cancelled stream, gRPC's leak, are subtracted.
    left: descriptors, threads, tasks, processes and streams that are more than before the load.

    \b
    harken-bench soak --minutes 10 --cancel-ratio 0.2 --json
    """
    with tempfile.TemporaryDirectory(prefix="harken-soak-") as folder, typer.progressbar(length=1000, file=sys.stderr) as bar:
        settings = Settings(60 * minutes, cancel_ratio, seed, Path(folder))
        found = asyncio.run(Soak(settings, lambda done: bar.update(round(1000 * done) - bar.pos)).run())
    print(json.dumps(found) if as_json else "\n".join(f"{name:26}{fact}" for name, fact in found.items()))
    if not found["passed"]:
        sys.exit(1)
