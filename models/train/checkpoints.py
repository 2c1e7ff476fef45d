"""Where a run stands, on disk: what it needs to go on exactly, and a checkpoint folder for the exporter. Each appears whole or not at all."""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, cast

import torch
from torch.optim.swa_utils import AveragedModel

from models.bundle import HEADS, LICENCES
from models.manifest import parse_heads
from models.records import CtcHead
from models.train.batches import Position
from models.train.lesson import Fitted
from models.train.loss import Scale
from models.train.wav2vec2 import HarkenWav2Vec2ForCTC
from protos.errors import ConfigurationError

STATE, CHECKPOINT, AVERAGED = "state.pt", "checkpoint", "averaged"


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything of a run that is not in its recipe."""

    step: int
    audio_seconds: float
    """Heard so far."""
    spent: float
    """Share of the budget."""
    position: Position
    best: float
    """Least mean error rate of all judgements; infinite before the first."""
    judgements_since_best: int


START = Standing(0, 0.0, 0.0, Position(), float("inf"), 0)


def save(
    run: Path,
    model: HarkenWav2Vec2ForCTC,
    optimiser: torch.optim.Optimizer,
    averaged: AveragedModel | None,
    fitted: Fitted,
    standing: Standing,
    source: Path,
) -> None:
    """run/state.pt and run/checkpoint, which is the average if there is one. source: was started from; its heads and licences come along."""
    state = {
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "scales": [(scale.mean, scale.deviation) for scale in fitted.scales],
        "sinks": dict(fitted.sinks),
        "standing": asdict(standing),
    }
    if averaged is not None:
        state[AVERAGED] = averaged.state_dict()
    beside = run / f"{STATE}.new"
    torch.save(state, beside)
    beside.replace(run / STATE)
    write_checkpoint(kept_of(model, averaged), run / CHECKPOINT, source)


def kept_of(model: HarkenWav2Vec2ForCTC, averaged: AveragedModel | None) -> HarkenWav2Vec2ForCTC:
    """What is judged and kept: the average, where there is one."""
    return model if averaged is None else cast("HarkenWav2Vec2ForCTC", averaged.module)


def write_checkpoint(model: HarkenWav2Vec2ForCTC, folder: Path, source: Path) -> None:
    """config.json, model.safetensors (float32), heads.json and the licences of what it was grown from. A folder already there is replaced."""
    beside, old = folder.with_name(f"{folder.name}.new"), folder.with_name(f"{folder.name}.old")
    for leftover in (beside, old):
        shutil.rmtree(leftover, ignore_errors=True)
    model.save_pretrained(beside)
    shutil.copyfile(source / HEADS, beside / HEADS)
    if (source / LICENCES).is_dir():
        shutil.copytree(source / LICENCES, beside / LICENCES)
    if folder.exists():
        folder.rename(old)
    beside.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def resume(path: Path, model: HarkenWav2Vec2ForCTC, optimiser: torch.optim.Optimizer, averaged: AveragedModel | None) -> tuple[Standing, Fitted]:
    """path: a state.pt of any run with the same model; without an average in it, averaging begins with its weights.

    Raises: ConfigurationError: it is none, or of another model.
    """
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        if averaged is not None and AVERAGED in state:
            averaged.load_state_dict(state[AVERAGED])
        elif averaged is not None:
            averaged.module.load_state_dict(state["model"])
        standing = state["standing"]
        fitted = Fitted([Scale(*scale) for scale in state["scales"]], state.get("sinks", {}))
        return Standing(**{**standing, "position": Position(**standing["position"])}), fitted
    except (OSError, RuntimeError, UnpicklingError, KeyError, TypeError, ValueError, EOFError) as error:
        raise ConfigurationError(f"{path}: cannot go on from it ({type(error).__name__}: {next(iter(str(error).splitlines()), 'empty')})") from error


def read_heads(folder: Path) -> tuple[CtcHead, ...]:
    """Raises: ConfigurationError (BundleError): no heads.json, or it breaks a rule."""
    path = folder / HEADS
    try:
        return parse_heads(path, path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; it says which outputs are which symbols") from error
