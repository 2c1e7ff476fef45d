"""harken-bench faults: what the promise of docs/reliability.md is worth."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.faults.campaign import Campaign, Settings
from benchmarks.faults.checker import BREACHES
from benchmarks.faults.plan import DECK
from benchmarks.faults.probes import is_kept, probe
from benchmarks.faults.words import WORDS
from protos.errors import ConfigurationError

RECORDINGS = tuple(Path(__file__).resolve().parents[2] / "tests" / "recordings" / name for name in ("pumpkin-pie.flac", "pork-dumplings.flac"))


def faults(
    injections: Annotated[int, typer.Option(min=1, help="Faults, at random moments.")] = 50,
    segments: Annotated[int, typer.Option(min=4, help="Queries to be said meanwhile, by two people: at least four for each fault.")] = 500,
    seed: Annotated[int, typer.Option(help="Of which fault strikes when, whom and how hard: the same seed, the same plan.")] = 1,
    model: Annotated[str, typer.Option(help="stub: the same words for the same samples, at no cost; real: the bundle shipped.")] = "stub",
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind of fault; may be given more than once. Default: all.")] = None,
    silence_seconds: Annotated[float, typer.Option(min=0, help="How long a silence must be left alone, asked beside the rest; 0: not asked.")] = 60.0,
    history: Annotated[Path | None, typer.Option(help="Keep history.jsonl, what each process said, and spools here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Harm links, servers, workers, edges, disks and clocks again and again; exit 1 if anything was lost, doubled, reordered or heard otherwise.

    Two edges with a spool speak to one server through a proxy; every process writes down what it promised and did, and the history is checked at the
    end. Beside them, with the product's own keep-alive: half_open_seconds until either side gives up a link that fell silent (15 at most), and a
    silence that must reconnect nobody. recovery_seconds: from when a server or a link is back to the next answer; by kind, also of workers and
    edges, which start anew.

    \b
    harken-bench faults
    harken-bench faults --injections 1000 --segments 10000 --json
    harken-bench faults --kind kill_edge --kind disk_full --seed 7 --history history
    harken-bench faults --model real --injections 20 --segments 200
    """
    if not all(path.is_file() for path in RECORDINGS):
        raise ConfigurationError(f"{RECORDINGS[0].parent} has no recordings; faults are tried in a checkout of the repository")
    with ExitStack() as stack:
        folder = history or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="harken-faults-")))
        settings = Settings(RECORDINGS, segments, injections, seed, folder, known(model), {name: DECK[known_kind(name)] for name in kind or DECK})
        bar = stack.enter_context(typer.progressbar(length=injections, file=sys.stderr))
        found = asyncio.run(_run(Campaign(settings, bar.update), model, folder, silence_seconds))
    print(json.dumps(found) if as_json else "\n".join(as_lines(found)))
    if any(found[name] for name in BREACHES) or (silence_seconds and not is_kept(found)):
        sys.exit(1)


async def _run(campaign: Campaign, model: str, folder: Path, silence_s: float) -> dict[str, Any]:
    """The probes take their true time meanwhile, with a server of their own."""
    async with asyncio.TaskGroup() as tasks:
        found = tasks.create_task(campaign.run(WORDS[model]))
        probed = tasks.create_task(probe(folder / "probes", RECORDINGS[0], silence_s)) if silence_s else None
    return found.result() | (probed.result() if probed else {})


def known(model: str) -> str:
    if model not in WORDS:
        raise ConfigurationError(f"--model is {model!r}, must be of {', '.join(WORDS)}")
    return model


def known_kind(name: str) -> str:
    if name not in DECK:
        raise ConfigurationError(f"--kind is {name!r}, must be of {', '.join(DECK)}")
    return name


def as_lines(found: dict[str, Any]) -> list[str]:
    by_kind = [(f"  after {kind}", spread) for kind, spread in found["recovery_seconds_by_kind"].items()]
    facts = [*((name, fact) for name, fact in found.items() if name != "recovery_seconds_by_kind"), *by_kind]
    return [f"{name:22}{', '.join(f'{key} {value}' for key, value in fact.items()) if isinstance(fact, dict) else fact}" for name, fact in facts]
