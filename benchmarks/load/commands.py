"""harken-bench load: what people wait when many speak at once."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.accuracy import found_manifest
from benchmarks.contest import circumstances, clip
from benchmarks.load.arrivals import SHAPES
from benchmarks.load.base_bundle import make_base_bundle
from benchmarks.load.capacity import find_capacity
from benchmarks.load.engine import engine_cpu_per_audio_s
from benchmarks.load.junit import as_junit
from benchmarks.load.plan import WayIn
from benchmarks.load.report import page
from benchmarks.load.rows import as_lines, as_table
from benchmarks.load.run import Load, Run, Target, run_load
from benchmarks.load.script import Script, found_recordings, scripts
from benchmarks.processes import server_process
from edge_client.options import CaOption, CatalogueOption, CertOption, KeyOption, TlsOption, TokenFileOption
from models.transcribe import read_pcm
from protos.errors import ConfigurationError

ROOT = Path(__file__).resolve().parents[2]
MODELS = ("shipped", "base")
ENGINE_S = 8.0
"""Of processor time in each process: the pipeline alone."""
CALIBRATION_S = 3.0
FIRST_GUESS = 0.7
"""Of what the pipeline alone could do on all cores: loads that fail tell less than those that pass."""


def load(
    server: Annotated[str | None, typer.Option(help="HOST:PORT of a running server; default: one of its own, with a worker a core.")] = None,
    metrics: Annotated[str | None, typer.Option(help="With --server: HOST:PORT of its /metrics, for its queue.")] = None,
    cores: Annotated[int | None, typer.Option(min=1, help="With --server: how many the server has; default: as this machine.")] = None,
    streams: Annotated[float, typer.Option(min=0.05, help="People who speak at once, on average, at the highest.")] = 4.0,
    steps: Annotated[str | None, typer.Option(help="Several loads one after the other, and a table: 1,4,16.")] = None,
    find: Annotated[bool, typer.Option("--find-capacity", help="The largest load whose final p95 is at most 500 ms after the hang-over.")] = False,
    seconds: Annotated[float, typer.Option(min=1, help="Of each load.")] = 60.0,
    limit_minutes: Annotated[float, typer.Option(min=2, help="With --find-capacity: at most.")] = 10.0,
    shape: Annotated[str, typer.Option(help=f"How arrivals change over the run: {', '.join(SHAPES)}.")] = "steady",
    users: Annotated[int | None, typer.Option(min=1, help="The same people all along, who think between queries; default: strangers.")] = None,
    duty: Annotated[float, typer.Option(min=0.01, max=1.0, help="With --users: the share of the time that each speaks.")] = 0.2,
    full_speed: Annotated[bool, typer.Option("--full-speed", help="Whole recordings at once instead of as fast as people speak.")] = False,
    interim: Annotated[bool, typer.Option("--interim", help="Ask for interim results too, and time the first.")] = False,
    jitter_ms: Annotated[float, typer.Option(min=0, max=5000, help="Each message is late by up to this much.")] = 0.0,
    loss: Annotated[float, typer.Option(min=0, max=0.5, help="Share of messages lost and sent again, as TCP does: they come late.")] = 0.0,
    generators: Annotated[int, typer.Option(min=1, max=64, help="Processes that speak; more where generator_lag_seconds grows.")] = 1,
    model: Annotated[str, typer.Option(help="Of its own server: shipped, or base (wav2vec2-base's shape, random weights).")] = "shipped",
    bundle: Annotated[Path | None, typer.Option(help="Of its own server: another model bundle.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Of its own server; default: one a core.")] = None,
    manifest: Annotated[Path | None, typer.Option(help="JSONL of recordings, here or under HARKEN_SHARED; default: the six shipped.")] = None,
    clips: Annotated[int, typer.Option(min=1, help="With --manifest: how many of them, evenly spread.")] = 100,
    seed: Annotated[int, typer.Option(help="Of arrivals, recordings and delays.")] = 1,
    report: Annotated[Path | None, typer.Option(help="Write an HTML page with plots there.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write a verdict for continuous integration there.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, seconds.")] = False,
    catalogue: CatalogueOption = "",
    tls: TlsOption = False,
    tls_ca: CaOption = None,
    tls_cert: CertOption = None,
    tls_key: KeyOption = None,
    token_file: TokenFileOption = None,
) -> None:
    """Speak to a server as many people at once would, and say what they waited; exit 1 if the promise was broken.

    Arrivals are set in advance and wait for no answer; every wait counts from when a thing was to happen, so a server (or generator) that falls
    behind is not spared. A stream is one person speaking all the time. engine_ratio: processor time of the pipeline alone (features, ONNX, decoding,
    search in one process) over that of all the server's processes, each for a second of audio.

    \b
    harken-bench load --streams 10 --report load.html
    harken-bench load --find-capacity --json                      # how many at once, at the SLO
    harken-bench load --find-capacity --model base --json
    harken-bench load --steps 1,2,4,8,16 --json                   # waits against streams
    harken-bench load --shape spike --streams 40 --seconds 120 --interim --jitter-ms 80 --loss 0.02
    harken-bench load --users 200 --duty 0.1
    harken-bench load --server asr.example.org:443 --tls --token-file token --streams 50 --generators 4
    """
    if model not in MODELS:
        raise ConfigurationError(f"--model is {model!r}, must be one of {', '.join(MODELS)}")
    wanted = Load(
        streams, seconds, shape, users, duty if users else 1.0, interim, not full_speed, jitter_ms / 1000, loss, generators, catalogue, seed
    )
    made = scripts(found_recordings(ROOT, None if manifest is None else found_manifest(manifest, shared_dir()), clips), interim=interim)
    with tempfile.TemporaryDirectory(prefix="harken-load-") as folder:
        if server is not None:
            way_in = WayIn.of(server, tls, tls_ca, tls_cert, tls_key, token_file)
            facts, runs = measured(Target(way_in, metrics, (), cores), wanted, made, steps, None, find, limit_minutes)
        else:
            its_bundle = base_bundle(Path(folder)) if model == "base" else bundle
            with own_server(its_bundle, workers or os.cpu_count() or 1) as target:
                alone = partial(engine_cost, its_bundle, made, target.cores or 1)
                facts, runs = measured(target, wanted, made, steps, alone, find, limit_minutes)
    facts["run"] = circumstances(ROOT)
    if report is not None:
        report.write_text(page(facts, runs))
    if junit is not None:
        junit.write_text(as_junit([runs[-1]] if find else runs))
    print(json.dumps(facts) if as_json else "\n".join(as_table(facts["steps"]) if steps else as_lines(facts)))
    if not (facts["capacity_streams"] if find else runs[-1].passed):
        sys.exit(1)


def measured(
    target: Target, wanted: Load, made: Sequence[Script], steps: str | None, alone: Callable[[], float] | None, find: bool, limit_minutes: float
) -> tuple[dict[str, Any], list[Run]]:
    """Figures, and the runs behind them: the last is what the verdict is of. alone: what the pipeline costs without a server, where that is known."""
    if find:
        before_s = alone() if alone else None
        guess = FIRST_GUESS * (target.cores or 1) / before_s if before_s else wanted.streams
        found = find_capacity(target, wanted, made, guess, 60 * limit_minutes, announce, run=with_bar)
        # On both sides of the loads: a shared machine is not as fast after five minutes as it was.
        engine_s = (before_s + alone()) / 2 if alone and before_s else None
        return found.facts(target.cores or os.cpu_count() or 1, engine_s), [*found.tries]
    loads = [replace(wanted, streams=one) for one in numbers(steps)] if steps else [wanted]
    runs = [with_bar(target, one, made) for one in loads]
    return ({"steps": [one.facts() for one in runs]} if steps else runs[0].facts()), runs


def with_bar(target: Target, wanted: Load, made: Sequence[Script]) -> Run:
    label = f"{wanted.user_count} users" if wanted.user_count else f"{wanted.streams:.3g} streams"
    with typer.progressbar(length=round(wanted.duration_s), file=sys.stderr, label=label) as bar:
        return run_load(target, wanted, made, lambda now_s: bar.update(int(now_s) - bar.pos))


def announce(streams: float, seconds: float) -> None:
    print(f"trying {streams:.3g} streams for {seconds:g} s", file=sys.stderr, flush=True)


def numbers(text: str) -> list[float]:
    try:
        return [float(one) for one in text.split(",")]
    except ValueError as error:
        raise ConfigurationError(f"--steps is {text!r}, must be numbers with commas between") from error


@contextmanager
def own_server(bundle: Path | None, workers: int) -> Iterator[Target]:
    """Catalogues' words are not made: nothing else runs while it is measured."""
    flags = ["--workers", str(workers), "--no-catalogue-words", *(["--bundle", str(bundle)] if bundle else [])]
    with server_process(*flags) as server:
        yield Target(WayIn(server.address), server.metrics_address, (server.pid,), os.cpu_count() or 1)


def engine_cost(bundle: Path | None, made: Sequence[Script], processes: int) -> float:
    print(f"the pipeline alone, in {processes} processes", file=sys.stderr, flush=True)
    return engine_cpu_per_audio_s(bundle, [script.recording for script in made], processes, ENGINE_S)


def base_bundle(folder: Path) -> Path:
    print("wav2vec2-base of random weights: making its bundle", file=sys.stderr, flush=True)
    speech = [clip(read_pcm(Path(one.audio)), CALIBRATION_S) for one in found_recordings(ROOT, None, 100)]
    return make_base_bundle(folder / "base", speech)


def shared_dir() -> Path:
    return Path(os.environ.get("HARKEN_SHARED") or ROOT.parent / "shared")
