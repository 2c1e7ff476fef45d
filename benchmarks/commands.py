"""Commands that measure, and how they show what they found."""

from __future__ import annotations

import asyncio
import json
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.contest import CLIPS, Contest, circumstances
from benchmarks.latency import SECONDS, Answered, as_rows, ask_all, figures, segments
from benchmarks.peers import peers_python
from benchmarks.processes import server_process
from benchmarks.throughput import Spread
from models.bundle import default_bundle_dir
from protos.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent


def throughput(
    bundle: Annotated[Path | None, typer.Option(help="Model bundle with its float weights; default: the one shipped.")] = None,
    models: Annotated[str, typer.Option(help="Which to measure: shipped, base (wav2vec2-base of random weights), or both.")] = "shipped,base",
    rounds: Annotated[int, typer.Option(min=1, help="How often every engine takes its turn.")] = 11,
    clip_seconds: Annotated[float, typer.Option(min=1.0, max=30.0, help="Length of every clip.")] = 3.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, with quartiles and every round.")] = False,
) -> None:
    """How many seconds of audio a second ours recognises, and how many times faster that is than what others would run.

    Each engine has a process with two one-thread sessions, and they take turns; ratios are within a round, medians over rounds. Peers are installed
    into .venv-peers at first use (5 GB). ort_fp32: torch's export in onnxruntime; stock_int8: onnxruntime's quantize_dynamic of it; torch_bf16:
    autocast; openvino_int8: NNCF, the faster of bf16 and f32, compiled for this one length of clip; any_length is what a server could run. base is
    transformers' own class for them. vnni_fraction is of MLAS' best u8 x s8 product on two threads in the same run.

    \b
    harken-bench throughput
    harken-bench throughput --models shipped --rounds 21 --json
    """
    chosen = models.split(",")
    strange = [name for name in chosen if name not in CLIPS]
    if strange:
        raise ConfigurationError(f"--models names {strange[0]!r}, must be of {', '.join(CLIPS)}")
    python = peers_python(ROOT)
    with tempfile.TemporaryDirectory(prefix="harken-throughput-") as folder:
        contest = Contest(ROOT, python, Path(folder), (bundle or default_bundle_dir()).absolute(), rounds, clip_seconds)
        results = {model: contest.run(model) for model in chosen}
    if as_json:
        print(json.dumps(as_report(results, circumstances(ROOT), rounds, clip_seconds), indent=1))
    else:
        print("\n\n".join(as_table(model, result) for model, result in results.items()))


def latency(
    server: Annotated[str | None, typer.Option(help="HOST:PORT of a running server; default: one of its own, with two workers.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="How often each recording of each length is asked.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, milliseconds.")] = False,
) -> None:
    """How long a person waits: one stream, from the end of the last audio to the final result and its hits, by length of segment.

    \b
    harken-bench latency
    harken-bench latency --server 127.0.0.1:50051 --repeats 50 --json
    """
    audio = [(seconds, pcm) for seconds in SECONDS for pcm in segments(ROOT, seconds)] * repeats
    with ExitStack() as stack:
        address = server or stack.enter_context(server_process("--workers", "2")).address
        answers = asyncio.run(_all(address, audio))
    facts = figures(answers)
    print(json.dumps({**facts, "run": circumstances(ROOT)}) if as_json else "\n".join(as_rows(facts)))


async def _all(address: str, audio: list[tuple[float, bytes]]) -> list[Answered]:
    return [answered async for answered in ask_all(address, audio)]


def as_report(results: dict[str, dict[str, Any]], where: dict[str, str], rounds: int, clip_seconds: float) -> dict[str, Any]:
    """Medians by model; under `run`, all else."""
    medians = {model: {name: round(spread.median, 3) for name, spread in result["spreads"].items()} for model, result in results.items()}
    details = {
        model: {**result, "spreads": {name: asdict(spread) for name, spread in result["spreads"].items()}} for model, result in results.items()
    }
    return {**medians, "run": {**where, "rounds": rounds, "clip_seconds": clip_seconds, **details}}


def as_table(model: str, result: dict[str, Any]) -> str:
    lines = [f"{model:32s}{'median':>9s}   quartiles", *(as_line(name, spread) for name, spread in result["spreads"].items())]
    lines += [f"{f'frames agreeing, {engine}':44s}{share:8.1%}" for engine, share in result["agreement"].items()]
    lines += [f"{f'export: {name}':32s}{value:9.2f}" for name, value in result.get("export", {}).items()]
    return "\n".join(lines)


def as_line(name: str, spread: Spread) -> str:
    return f"{name:32s}{spread.median:9.3f}   {spread.low:.3f} .. {spread.high:.3f}"
