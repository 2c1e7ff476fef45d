"""Rows of a manifest -> the same rows with what a teacher heard and how sure it was. For training only: no teacher's text ever judges a model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Levenshtein

from models.data.teachers import Teacher
from models.features import pcm_to_waveform
from models.text import normalise_text
from models.transcribe import read_pcm, read_rows
from protos.errors import ConfigurationError
from protos.messages import SAMPLE_RATE_HZ

ALL = -1e9


@dataclass(frozen=True, slots=True)
class Rule:
    """When a teacher's text is kept. Other rows are written with an empty text: they can still be learnt from without one."""

    min_logprob: float = ALL
    """Least mean log-probability of its tokens."""
    others: Mapping[str, str] | None = None
    """What a second teacher heard, by id; a clip that it has not heard has no second opinion, and no text."""
    max_difference: float = 0.0
    """Most character errors against the second teacher, as a fraction of its text."""

    def keeps(self, name: str, text: str, mean_logprob: float) -> bool:
        if not text or mean_logprob < self.min_logprob:
            return False
        if self.others is None:
            return True
        other = self.others.get(name, "")
        return bool(other) and Levenshtein.distance(other, text) <= self.max_difference * len(other)


@dataclass(frozen=True, slots=True)
class Labelled:
    seconds: float
    kept: bool


def pseudo_label(manifest: Path, out: Path, teacher: Teacher, rule: Rule) -> Iterator[Labelled]:
    """One item a row, after it is written to `out`. Rows that are in it already are not heard again: an interrupted run goes on.

    Audio in `out` is named from its own directory. Raises: ConfigurationError: no manifest of recordings, or `out` has rows of another teacher.
    """
    done = labelled_ids(out, teacher.name)
    for number, row in enumerate(read_rows(manifest), 1):
        name = row_id(row, manifest, number)
        if name in done:
            continue
        audio = manifest.parent / row["audio"]
        waveform = pcm_to_waveform(read_pcm(audio))
        heard = teacher.transcribe(waveform)
        text = normalise_text(heard.text)
        kept = rule.keeps(name, text, heard.mean_logprob)
        label = {"model": teacher.name, "raw_text": heard.text, "text": text if kept else "", "mean_logprob": round(heard.mean_logprob, 3)}
        with out.open("a") as file:
            file.write(json.dumps({**row, "id": name, "audio": str(audio.resolve()), "teacher": label}) + "\n")
        yield Labelled(len(waveform) / SAMPLE_RATE_HZ, kept)


def labelled_ids(out: Path, teacher: str) -> frozenset[str]:
    """Ids in `out`; a row cut off by an interruption is dropped from the file. Raises: ConfigurationError: it has rows of another teacher."""
    if not out.is_file():
        return frozenset()
    whole, _, cut = out.read_text().rpartition("\n")
    if cut:
        out.write_text(whole + "\n" if whole else "")
    rows = list(read_rows(out))
    for row in rows:
        if row["teacher"]["model"] != teacher:
            raise ConfigurationError(f"{out}: {row['id']} was labelled by {row['teacher']['model']}, not {teacher}; use another file")
    return frozenset(str(row["id"]) for row in rows)


def heard_by(labels: Path) -> dict[str, str]:
    """Id -> normalised text of a second teacher, whatever its own rule kept. Raises: ConfigurationError: no such file."""
    return {str(row["id"]): normalise_text(str(row["teacher"]["raw_text"])) for row in read_rows(labels)}


def row_id(row: dict[str, Any], manifest: Path, number: int) -> str:
    """Raises: ConfigurationError: names the line that has no audio."""
    if not isinstance(row.get("audio"), str):
        raise ConfigurationError(f"{manifest} line {number}: audio is {row.get('audio')!r}, must be a path")
    return str(row.get("id") or row["audio"])
