"""harken-models train: reads flags, shows progress; everything else is elsewhere."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from models.data.teachers import MOONSHINE_TINY, WHISPER_BASE
from models.extras import needs_extra
from models.train.recipe import Recipe, read_recipe
from models.transcribe import read_waveform
from protos.errors import ConfigurationError


def train(
    recipe: Annotated[Path, typer.Argument(help="RECIPE.toml: everything that decides what comes out (docs/training.md).")],
    data: Annotated[Path, typer.Option(help="Directory that the recipe's manifests and folders are named from.")],
    out: Annotated[Path, typer.Option(help="Directory of the run: log.jsonl, curves.svg, state.pt, checkpoint/, best-checkpoint/.")],
    resume: Annotated[Path | None, typer.Option(help="A run's state.pt: go on from there, with the clips that would have come.")] = None,
    spent: Annotated[
        float | None, typer.Option(min=0, max=1, help="With --resume: go on from this share of the budget, not the one it stood at.")
    ] = None,
    values: Annotated[list[str] | None, typer.Option("--set", help="A field's value instead of the recipe's, such as budget.minutes=5.")] = None,
    sweep: Annotated[
        str | None, typer.Option(help="A run for each value, such as optimiser.rate=3e-4,6e-4, each in a directory below --out.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Of each process; on a CPU two processes of one thread beat one of two.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a run.")] = False,
) -> None:
    """Train a Wav2Vec2-CTC by a recipe. Needs the extra train; with a teacher, teach.

    \b
    harken-models train models/train/recipes/adult-1.toml --data ../shared --out runs/1
    harken-models train models/train/recipes/adult-1.toml --data ../shared --out runs/2 --resume runs/1/state.pt --spent 0.5
    """
    if spent is not None and resume is None:
        raise ConfigurationError("--spent goes with --resume")
    fixed = dict(map(_assignment, values or []))
    for directory, overrides in _runs(out, fixed, sweep):
        read = read_recipe(recipe, overrides)
        _run(read, _source(read, recipe, data), data, directory, resume, spent, threads, as_json)


def convert(
    speech: Annotated[Path, typer.Argument(help="JSONL of recordings; filters are scaled, and neurons chosen, on some of them.")],
    out: Annotated[Path, typer.Option(help="New folder for the checkpoint.")],
    name: Annotated[str, typer.Option("--teacher", help=f"{MOONSHINE_TINY} or {WHISPER_BASE}.")] = MOONSHINE_TINY,
    rotary_scale: Annotated[float, typer.Option(min=0, max=1, help="Of Moonshine's rotary angle, the share to keep; 0: a plain Wav2Vec2.")] = 1.0,
    clips: Annotated[int, typer.Option(min=1, help="How many recordings, evenly spread.")] = 150,
) -> None:
    """Move a teacher's encoder blocks into a Wav2Vec2: what to train from when there are no other weights. Needs the extra teach.

    \b
    harken-models convert ../shared/speech/train.jsonl --out start
    """
    with needs_extra("converting", "teach"):
        import torch  # noqa: PLC0415 - a server has no torch

        from models.data.moonshine import ENCODER, moonshine_folder  # noqa: PLC0415
        from models.evaluate.scoring import labelled_rows  # noqa: PLC0415
        from models.train import convert_moonshine, convert_whisper, moonshine_encoder, sinks, whisper_encoder  # noqa: PLC0415
        from models.train.convert import LICENCES_OF, write_student  # noqa: PLC0415
    if name not in LICENCES_OF:
        raise ConfigurationError(f"--teacher {name}: there is {' and '.join(LICENCES_OF)}")
    rows = labelled_rows(speech, clips)[0]
    torch.manual_seed(1)
    heard = [torch.from_numpy(read_waveform(speech.parent / row["audio"])) for row in rows]
    if name == WHISPER_BASE:
        student = convert_whisper.as_student(sinks.with_sinks(whisper_encoder.encoder_weights(name), heard), heard)
    else:
        student = convert_moonshine.as_student(moonshine_encoder.encoder_weights(moonshine_folder() / ENCODER), heard, rotary_scale)
    write_student(student, out, name)
    print(f"{out}: {sum(parameter.numel() for parameter in student.parameters()):,} weights; train the front end first (docs/training.md)")


def _run(recipe: Recipe, source: Path, data: Path, out: Path, resume: Path | None, spent: float | None, threads: int, as_json: bool) -> None:
    """One run, told on the standard output by the first of its processes."""
    with needs_extra("training", "train"):
        import torch  # noqa: PLC0415 - a server has no torch
        from accelerate import PartialState  # noqa: PLC0415
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

        from models.train.run import run_recipe  # noqa: PLC0415
    torch.set_num_threads(threads)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        standing = run_recipe(recipe, source, data, out, resume, spent, progress)
    if not PartialState().is_main_process:
        return
    facts = {"run": str(out), **asdict(standing)}
    print(
        json.dumps(facts)
        if as_json
        else f"{out}: {standing.step} steps, {standing.audio_seconds / 3600:.2f} h of audio heard, best mean token error rate {standing.best:.1%}"
    )


def _runs(out: Path, fixed: dict[str, str], sweep: str | None) -> list[tuple[Path, dict[str, str]]]:
    """Directory and overrides of each run."""
    if sweep is None:
        return [(out, fixed)]
    key, values = _assignment(sweep)
    return [(out / f"{key}={value}", {**fixed, key: value}) for value in values.split(",")]


def _assignment(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not (key and sign and value):
        raise ConfigurationError(f"{text!r} is not FIELD=VALUE")
    return key.strip(), value.strip()


def _source(recipe: Recipe, path: Path, data: Path) -> Path:
    """The checkpoint that the recipe starts from. Raises: ConfigurationError: there is no such folder."""
    name = recipe.start.checkpoint
    source = (path.parent if name.startswith(".") else data) / name
    if not source.is_dir():
        raise ConfigurationError(f"{path.name}: start.checkpoint: no folder {source}")
    return source
