"""harken-bench capacity: from one server that was measured to as many as a day needs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Annotated

import typer

from benchmarks.capacity.plan import Planned, plan
from benchmarks.capacity.profile import Profile, profile_of
from protos.errors import ConfigurationError

VOLUMES = tuple(10.0**power for power in range(3, 9))


def capacity(
    profile: Annotated[Path, typer.Option(help="What `harken-bench load --json` (or --find-capacity --json) printed.")],
    cores: Annotated[int | None, typer.Option(min=1, help="Of each replica; default: of the server that was measured.")] = None,
    price: Annotated[float, typer.Option(min=0, help="Of a core for an hour, in your currency.")] = 0.04,
    least: Annotated[int, typer.Option(min=1, help="Replicas at least: two, so that one may be restarted.")] = 2,
    queries: Annotated[str | None, typer.Option(help="Queries a day: 1e5,3e6; default: 1e3 to 1e8.")] = None,
    seed: Annotated[int, typer.Option(help="Of the simulation.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, seconds.")] = False,
) -> None:
    """How many servers a day of queries needs, what they cost and what people wait: simulated (SimPy) from a measured profile.

    A day is diurnal: its busiest hour has almost twice the mean, its quietest a fifth. Each hour is simulated at its own rate; a balancer gives each
    segment to the replica with the fewest. The price is yours to give: the default is an assumption.

    \b
    harken-bench load --streams 10 --json > profile.json
    harken-bench capacity --profile profile.json --price 0.05
    harken-bench capacity --profile profile.json --cores 8 --queries 2e6 --json
    """
    measured = read_profile(profile, cores)
    planned = [plan(volume, measured, price, least, Random(seed)) for volume in volumes(queries)]
    if as_json:
        rows = [{**asdict(one), "cost_a_million": one.cost_a_million} for one in planned]
        print(json.dumps({"profile": asdict(measured), "price_per_core_hour": price, "plans": rows}))
        return
    print("\n".join(as_table(measured, planned)))


def read_profile(path: Path, cores: int | None) -> Profile:
    try:
        report = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    return profile_of(report, cores)


def volumes(text: str | None) -> list[float]:
    if text is None:
        return list(VOLUMES)
    try:
        found = [float(one) for one in text.split(",")]
    except ValueError as error:
        raise ConfigurationError(f"--queries is {text!r}, must be numbers with commas between") from error
    if min(found) < 1:
        raise ConfigurationError(f"--queries is {text!r}, must be at least 1 a day")
    return found


def as_table(profile: Profile, planned: Sequence[Planned]) -> Iterator[str]:
    yield f"a segment takes {1000 * profile.service_s:.1f} ms of a core (spread {profile.spread:g}); a replica has {profile.cores} cores"
    heads = (("queries/day", 12), ("replicas", 10), ("cost/day", 12), ("scaled", 12), ("a million", 11), ("p95 ms", 9), ("at peak", 9), ("use", 7))
    yield "".join(f"{name:>{width}s}" for name, width in heads)
    for one in planned:
        yield (
            f"{one.queries_a_day:12.0e}{one.replicas:10d}{one.cost_a_day:12.2f}{one.scaled_cost_a_day:12.2f}{one.cost_a_million:11.2f}"
            f"{1000 * one.p95_s:9.0f}{1000 * one.busiest_p95_s:9.0f}{one.busiest_use:7.0%}"
        )
