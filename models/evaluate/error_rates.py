"""Word and character error rates of transcripts, pooled by group. Counts first, rates from them; reads a manifest, runs no server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jiwer

from models.recognizer import Recognizer
from models.text import normalise_text
from models.transcribe import Stretch, read_rows, transcribe
from protos.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Rates:
    """Pooled over utterances: the sum of errors over the sum of reference lengths."""

    utterances: int
    words: int
    word_errors: int
    characters: int
    character_errors: int

    @property
    def wer(self) -> float:
        return self.word_errors / self.words

    @property
    def cer(self) -> float:
        return self.character_errors / self.characters


def error_rates(references: list[str], hypotheses: list[str]) -> Rates:
    """Texts are normalised first. Raises: ValueError: no pair, or a reference is empty after it."""
    pairs = [(normalise_text(reference), normalise_text(hypothesis)) for reference, hypothesis in zip(references, hypotheses, strict=True)]
    if not pairs or not all(reference for reference, _ in pairs):
        raise ValueError(f"{len(pairs)} references, of which {sum(not reference for reference, _ in pairs)} are empty; rates need words to count")
    wanted, heard = [list(side) for side in zip(*pairs, strict=True)]
    words, characters = jiwer.process_words(wanted, heard), jiwer.process_characters(wanted, heard)
    return Rates(
        len(pairs),
        words.hits + words.substitutions + words.deletions,
        words.substitutions + words.deletions + words.insertions,
        characters.hits + characters.substitutions + characters.deletions,
        characters.substitutions + characters.deletions + characters.insertions,
    )


def labelled_rows(manifest: Path, limit: int | None = None) -> list[dict[str, Any]]:
    """Rows whose text has a letter to count, evenly thinned to `limit`. Raises: ConfigurationError: no manifest of recordings; names the line."""
    rows = []
    for number, row in enumerate(read_rows(manifest), 1):
        if not normalise_text(str(row.get("text") or "")):
            continue
        if not isinstance(row.get("audio"), str):
            raise ConfigurationError(f"{manifest} line {number}: audio is {row.get('audio')!r}, must be a path")
        rows.append(row)
    if not rows:
        raise ConfigurationError(f"{manifest}: has no row with a text")
    return rows if limit is None or limit >= len(rows) else [rows[index * len(rows) // limit] for index in range(limit)]


def group_of(row: dict[str, Any]) -> str:
    """Source without its release number; age group where it is known."""
    source = str(row.get("source") or "unknown")
    name = "common voice" if source.startswith("cv") else source
    return f"{name} {row['age_group']}" if row.get("age_group") else name


def evaluate(recognizer: Recognizer, manifest: Path, rows: list[dict[str, Any]]) -> dict[str, Rates]:
    """Rates of each group, and of "all", through the same features and decoding as in serving."""
    heard = transcripts(recognizer, [manifest.parent / row["audio"] for row in rows])
    groups: dict[str, list[int]] = {"all": list(range(len(rows)))}
    for index, row in enumerate(rows):
        groups.setdefault(group_of(row), []).append(index)
    return {name: error_rates([rows[i]["text"] for i in indices], [heard[i] for i in indices]) for name, indices in groups.items()}


def transcripts(recognizer: Recognizer, recordings: Iterable[Path]) -> list[str]:
    return [text_of(recognition.alternatives) for _, recognition in transcribe(recognizer, map(Stretch, recordings))]


def text_of(alternatives: tuple[Any, ...]) -> str:
    return alternatives[0].transcript if alternatives else ""
