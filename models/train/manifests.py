"""Our JSONL rows -> Lhotse cuts, one set a group: who may be trained on, with which text. Opens manifests, no audio."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from lhotse import AudioSource, CutSet, MonoCut, Recording, SupervisionSegment

from models.evaluate.slices import main_slice
from models.text import normalise_text
from models.train.recipe import Group, Recipe
from models.transcribe import read_rows
from protos.errors import ConfigurationError
from protos.messages import SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class Left:
    """Why rows were left out, and how many."""

    counts: Counter[str]

    def __str__(self) -> str:
        return ", ".join(f"{count} {why}" for why, count in sorted(self.counts.items())) or "none"


def held_out_texts(data_dir: Path, manifests: Iterable[str]) -> frozenset[str]:
    """Normalised. Raises: ConfigurationError: no such manifest."""
    return frozenset(text for name in manifests for row in read_rows(data_dir / name) if (text := normalise_text(str(row.get("text") or ""))))


def cuts_of_group(data_dir: Path, group: Group, recipe: Recipe, held_out: frozenset[str]) -> tuple[CutSet, Left]:
    """Raises: ConfigurationError: a row is no recording, or none is left."""
    manifest, left, cuts = data_dir / group.manifest, Counter[str](), []
    for number, row in enumerate(read_rows(manifest), 1):
        cut = as_cut(row, manifest, number, group.teacher_min_logprob)
        why = _unfit(row, cut, group, recipe, held_out)
        left.update([why] if why else [])
        if not why:
            cuts.append(cut)
    if not cuts:
        raise ConfigurationError(f"{manifest}: no clip is left for group {group.name} ({Left(left)} left out)")
    return CutSet.from_cuts(cuts), Left(left)


def judged_cuts(data_dir: Path, recipe: Recipe) -> list[MonoCut]:
    """Rows with a human text, evenly thinned. Raises: ConfigurationError: there is none."""
    manifest = data_dir / recipe.judge.manifest
    cuts = [as_cut(row, manifest, number) for number, row in enumerate(read_rows(manifest), 1) if normalise_text(str(row.get("text") or ""))]
    if not cuts:
        raise ConfigurationError(f"{manifest}: has no row with a text")
    count = min(recipe.judge.clips, len(cuts))
    return [cuts[index * len(cuts) // count] for index in range(count)]


def as_cut(row: dict[str, Any], manifest: Path, number: int, teacher_min_logprob: float = 0.0) -> MonoCut:
    """One supervision a cut, its text normalised, empty where nobody said it or the teacher was not sure.

    Raises: ConfigurationError: names the line whose id, audio or duration is none.
    """
    audio, seconds = row.get("audio"), row.get("duration")
    if not isinstance(audio, str) or not isinstance(seconds, int | float) or not seconds > 0:
        raise ConfigurationError(f"{manifest} line {number}: audio is {audio!r} and duration {seconds!r}, must be a path and seconds")
    name, samples = str(row.get("id") or audio), round(seconds * SAMPLE_RATE_HZ)
    source = AudioSource("file", [0], str(manifest.parent / audio))
    recording = Recording(name, [source], SAMPLE_RATE_HZ, samples, samples / SAMPLE_RATE_HZ)
    text = normalise_text(text_of(row, teacher_min_logprob))
    speech = SupervisionSegment(name, name, 0.0, recording.duration, 0, text=text, language="en", speaker=str(row.get("speaker") or ""))
    return MonoCut(name, 0.0, recording.duration, 0, [speech], recording=recording, custom={"slice": main_slice(row)})


def text_of(row: dict[str, Any], teacher_min_logprob: float) -> str:
    """What a person wrote, else what the row's teacher heard where it was sure enough, else nothing."""
    if row.get("text"):
        return str(row["text"])
    teacher = row.get("teacher") or {}
    return str(teacher.get("text") or "") if teacher.get("mean_logprob", -1e9) >= teacher_min_logprob else ""


def _unfit(row: dict[str, Any], cut: MonoCut, group: Group, recipe: Recipe, held_out: frozenset[str]) -> str:
    """Why the row is not trained on; empty: it is."""
    limits, age_group = recipe.batches, row.get("age_group")
    if not any(fnmatch(str(row.get("source") or ""), pattern) for pattern in group.sources):
        return "of other sources"
    if group.age_groups and age_group and age_group not in group.age_groups:
        return f"of age group {age_group}"
    if not limits.min_seconds <= cut.duration <= limits.max_seconds:
        return f"outside {limits.min_seconds:g}..{limits.max_seconds:g} s"
    return "with a held-out text" if cut.supervisions[0].text in held_out else ""
