"""What a user would pick instead, on the same files by the same scorer; each recogniser in a process of its own, one after the other on one core."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers import RECOGNISERS, peers_python
from benchmarks.recognisers import OURS, PEERS
from benchmarks.worker import Worker
from models.evaluate.commands import watched
from models.evaluate.counts import count
from models.evaluate.report import report
from models.evaluate.scoring import ORACLE_SIZES, Utterance, labelled_rows, utterance
from models.features import pcm_to_waveform
from models.text import normalise_text
from models.transcribe import read_pcm
from protos.errors import ConfigurationError
from protos.messages import Hypothesis

FIGURES = ("wer", "low", "high", "utterances")


def compare(root: Path, manifest: Path, bundle: Path, limit: int | None) -> dict[str, Any]:
    """Of each recogniser: its report's figures, and audio_seconds_per_second on one core.

    Raises: ConfigurationError: one stops, or is not to be had.
    """
    rows, skipped = labelled_rows(manifest, limit)
    theirs = str(peers_python(root, RECOGNISERS))
    figures = {}
    for name in (OURS, *PEERS):
        command = [sys.executable if name == OURS else theirs, "-m", "benchmarks.recognisers", name, str(bundle.absolute())]
        figures[name] = figures_of(command, root, name, manifest, rows, skipped)
    return figures


def figures_of(command: Sequence[str], root: Path, name: str, manifest: Path, rows: Sequence[dict[str, Any]], skipped: int) -> dict[str, Any]:
    """command: a process as `benchmarks.recognisers` is. Raises: ConfigurationError: it stopped; with the recording and the last of what it said."""
    paths = [(manifest.parent / row["audio"]).absolute() for row in rows]
    with tempfile.TemporaryDirectory() as folder, Worker(list(command), Path(folder) / "log", root) as worker:
        answers = list(watched(name, (_asked(worker, name, path) for path in paths), len(paths)))
    scored = [_scored(row, path, answer["text"]) for row, path, answer in zip(rows, paths, answers, strict=True)]
    facts = report(scored, skipped)
    rate = sum(answer["seconds"] for answer in answers) / sum(answer["busy_seconds"] for answer in answers)
    slices = {label: {key: one[key] for key in FIGURES} for label, one in facts["slices"].items()}
    return {**{key: facts[key] for key in ("wer", "cer", "utterances", "skipped")}, "slices": slices, "audio_seconds_per_second": round(rate, 1)}


def as_lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """For people: one line a recogniser, the mean and then each main slice in percent."""
    for name, facts in figures.items():
        slices = ", ".join(f"{label} {one['wer']:.1%}" for label, one in facts["slices"].items() if ":" not in label)
        yield f"{name:18s}WER {facts['wer']['value']:6.1%}  ({slices})  {facts['audio_seconds_per_second']:6.1f} audio seconds a second of one core"


def _scored(row: dict[str, Any], path: Path, text: str) -> Utterance:
    said = Hypothesis(normalise_text(text), 0.0)
    words = count(normalise_text(row["text"]).split(), said.transcript.split())
    return utterance(row, pcm_to_waveform(read_pcm(path)), (said,), {}, (words,) * len(ORACLE_SIZES))


def _asked(worker: Worker, name: str, path: Path) -> dict[str, Any]:
    try:
        return worker.ask("hear", path=str(path))
    except ConfigurationError as error:
        raise ConfigurationError(f"{name} stopped at {path}: {error}") from error
