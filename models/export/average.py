"""Checkpoints of one shape -> the mean of their weights: the ends and stages of one long run, averaged, make fewer errors than each of them.

A stage with more blocks (models/train/deepen.py) can be averaged with what it grew from: blocks that some lack are the mean of the others.

Only what lies in one basin can be averaged: runs that went on from the same weights, not two that began apart (Izmailov et al. 2018, "Averaging
weights leads to wider optima and better generalization"; Wortsman et al. 2022, "Model soups").
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from models.bundle import HEADS, LICENCES
from models.export.checkpoint import CONFIG, WEIGHTS, Checkpoint, read_checkpoint
from protos.errors import BundleError, ConfigurationError

BLOCK = re.compile(r"\bencoder\.layers\.(\d+)\.")


def average(sources: list[Path], out: Path) -> None:
    """out: a new checkpoint folder, float32 weights under the first one's names; its config, heads and licences come along.

    The first has the most blocks. Raises: ConfigurationError: fewer than two sources, or `out` is there.
    BundleError: one cannot be read, or has another shape, more blocks than the first, or other heads.
    """
    if len(sources) < 2:
        raise ConfigurationError(f"there is {len(sources)} checkpoint to average, must be at least 2")
    if out.exists():
        raise ConfigurationError(f"{out}: is there already; an average wants a new folder")
    first, sums = _begin(sources[0])
    counts = dict.fromkeys(sums, 1)
    for source in sources[1:]:
        _add(sums, counts, source, first, sources[0])
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as temporary:
        beside = Path(temporary) / out.name
        beside.mkdir()
        save_file({name: (total / counts[name]).astype(np.float32) for name, total in sums.items()}, beside / WEIGHTS)
        (beside / CONFIG).write_text(json.dumps(first.config, indent=1, sort_keys=True) + "\n")
        shutil.copyfile(sources[0] / HEADS, beside / HEADS)
        if (sources[0] / LICENCES).is_dir():
            shutil.copytree(sources[0] / LICENCES, beside / LICENCES)
        beside.rename(out)


def _begin(source: Path) -> tuple[Checkpoint, dict[str, np.ndarray]]:
    first = read_checkpoint(source)
    return first, {name: tensor.astype(np.float64) for name, tensor in first.tensors.items()}


def _add(sums: dict[str, np.ndarray], counts: dict[str, int], source: Path, first: Checkpoint, first_source: Path) -> None:
    other = read_checkpoint(source)
    if replace(other.shape, layers=first.shape.layers) != first.shape or other.tensors.keys() != _first_blocks(sums, other.shape.layers):
        raise BundleError(f"{source}: is of another shape than {first_source} or deeper; only checkpoints of one shape can be averaged")
    if _heads(source) != _heads(first_source):
        raise BundleError(f"{source / HEADS}: differs from that of {first_source}; only checkpoints with the same outputs can be averaged")
    for name, tensor in other.tensors.items():
        sums[name] += tensor
        counts[name] += 1


def _first_blocks(names: Iterable[str], blocks: int) -> set[str]:
    """Those of tensors that a checkpoint with so many blocks has too."""
    return {name for name in names if (block := BLOCK.search(name)) is None or int(block[1]) < blocks}


def _heads(source: Path) -> object:
    path = source / HEADS
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BundleError(f"{path}: {error}") from error
