"""harken-bench rolling: new versions come in while people speak."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.contest import circumstances
from benchmarks.load.capacity import find_capacity
from benchmarks.load.commands import FIRST_GUESS, announce, engine_cost, with_bar
from benchmarks.load.run import Load
from benchmarks.load.script import found_recordings, scripts
from benchmarks.rolling.campaign import roll, running_pair, target_of
from benchmarks.rolling.replica import REAL, Replica
from protos.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[2]
SHARE = 0.7
CAPACITY_S = 240.0
LONGEST_RESTART_S = 60.0


def rolling(
    restarts: Annotated[int, typer.Option(min=1, help="Of the two servers in turn.")] = 20,
    streams: Annotated[float | None, typer.Option(min=0.1, help="People who speak at once; default: 70 % of what the two serve.")] = None,
    capacity: Annotated[float | None, typer.Option(min=0.1, help="What they serve, if it is known: streams.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Of each server; default: one a core, since each must do alone now and then.")] = None,
    redis: Annotated[str, typer.Option(help="redis:// URL that both servers share; default: neither knows the other's sessions.")] = "",
    pause: Annotated[float, typer.Option(min=0, help="Seconds between two restarts.")] = 3.0,
    seed: Annotated[int, typer.Option(help="Of arrivals.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, seconds.")] = False,
) -> None:
    """Two servers behind HAProxy (deploy/haproxy/haproxy.cfg), restarted in turn while people speak; exit 1 if anybody noticed.

    user_visible_errors: segments that ended without a transcript. The edge resumes on the other server and sends again what was not answered; what it
    is told twice it shows once (doubled: what it would have shown twice).

    \b
    harken-bench rolling --restarts 20 --json
    harken-bench rolling --restarts 4 --streams 6
    """
    made = scripts(found_recordings(ROOT, None, 100), interim=False)
    cores = os.cpu_count() or 1
    arguments = (*REAL, "--workers", str(workers or cores), "--no-catalogue-words", *(["--redis", redis] if redis else []))
    replicas = [Replica(arguments), Replica(arguments)]
    with tempfile.TemporaryDirectory(prefix="harken-rolling-") as folder, running_pair(ROOT, Path(folder), replicas) as balancer:
        if streams is None:
            if capacity is None:
                guess = FIRST_GUESS * cores / engine_cost(None, made, cores)
                found = find_capacity(
                    target_of(balancer, replicas, cores), Load(1.0, 1.0, seed=seed), made, guess, CAPACITY_S, announce, run=with_bar
                )
                capacity = found.confirmed.load.streams if found.confirmed else 0.0
            if not capacity:
                raise ConfigurationError("no load passed on this machine, so 70 % of it is nothing; name one with --streams")
            streams = SHARE * capacity
        load = Load(streams, restarts * (pause + LONGEST_RESTART_S), seed=seed)
        with typer.progressbar(length=restarts, file=sys.stderr, label=f"{streams:.3g} streams") as bar:
            rolled = roll(balancer, replicas, load, made, restarts, pause, bar.update)
    facts = {**rolled.facts(), "capacity_streams": capacity, "run": circumstances(ROOT)}
    print(json.dumps(facts) if as_json else "\n".join(f"{name:20s}{value}" for name, value in facts.items()))
    if not rolled.passed or facts["restarts"] < restarts:
        sys.exit(1)
