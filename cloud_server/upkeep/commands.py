"""harken-server doctor and tune: what this machine can do, and what will hurt."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cloud_server.upkeep.doctor import examine_host, examine_model, expected, speed_of
from cloud_server.upkeep.host import look
from cloud_server.upkeep.tune import Tried, best, candidates, try_workers, warnings
from cloud_server.worker_process import RecogniserSpec, load_recogniser
from models.bundle import default_bundle_dir
from protos.errors import ConfigurationError

BundleOption = Annotated[Path | None, typer.Option(envvar="HARKEN_SERVER_BUNDLE", help="Model bundle; default: the one shipped.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object.")]

MAX_WORKERS = 256


def doctor(
    bundle: BundleOption = None,
    workers: Annotated[int | None, typer.Option(min=1, envvar="HARKEN_SERVER_WORKERS", help="That are to run; default: one a core.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Look at this machine and the model: what will hurt, and about how many people can be served; exit 2 if it cannot work.

    \b
    harken-server doctor
    harken-server doctor --bundle my-model --workers 8 --json
    """
    host, folder = look(scratch=Path(tempfile.gettempdir())), bundle or default_bundle_dir()
    checks = [*examine_host(host, workers or os.cpu_count() or 1), examine_model(folder)]
    if checks[-1].state != "fail":
        checks.append(expected(host, speed_of(load_recogniser(str(folder))[0])))
    if as_json:
        print(json.dumps({"host": asdict(host), "checks": [asdict(check) for check in checks]}))
    for check in [] if as_json else checks:
        print(f"{check.state:5s} {check.name}: {check.detail}")
    if any(check.state == "fail" for check in checks):
        sys.exit(2)


def tune(
    bundle: BundleOption = None,
    seconds: Annotated[float, typer.Option(min=0.5, help="Of work for each number of workers.")] = 10.0,
    workers: Annotated[str | None, typer.Option(help="Numbers to try: 1,2,4; default: around the usable cores.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how many workers recognise most on this machine. Stop other work first: it counts against whoever runs then.

    \b
    harken-server tune
    harken-server tune --workers 2,4,8 --seconds 30 --json
    """
    host, spec = look(), RecogniserSpec("cloud_server.worker_process:load_recogniser", (str(bundle or default_bundle_dir()),))
    numbers = parsed(workers) if workers else candidates(host.usable_cores)
    tried = list[Tried]()
    for number in numbers:
        print(f"{number} workers for {seconds:g} s", file=sys.stderr, flush=True)
        tried.append(asyncio.run(try_workers(spec, number, seconds)))
    chosen, said = best(tried), warnings(tried, host.usable_cores)
    if as_json:
        print(json.dumps({"workers": chosen.workers, "tried": [asdict(one) for one in tried], "warnings": said}))
        return
    for one in tried:
        print(f"{one.workers:3d} workers: {one.audio_per_s:7.1f} s of audio a second, {1000 * one.alone_s:6.0f} ms for one segment alone")
    print(f"best here: harken-server run --workers {chosen.workers}")
    for warning in said:
        print(f"warn  {warning}")


def parsed(text: str) -> list[int]:
    """Raises: ConfigurationError: no numbers of workers."""
    numbers = [int(one) for one in text.split(",") if one.strip().isdigit()]
    if len(numbers) != text.count(",") + 1 or not all(1 <= number <= MAX_WORKERS for number in numbers):
        raise ConfigurationError(f"--workers is {text!r}, must be numbers within 1..{MAX_WORKERS} with commas between")
    return numbers
