"""A recogniser over a manifest -> one scored utterance for each recording with a text. The same code hears as in serving."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.ctc import Logits, greedy_tokens, log_softmax
from models.evaluate.counts import Counts, count, substitutions
from models.evaluate.slices import slices_of
from models.features import Waveform, pcm_to_waveform
from models.pronounce.pronouncer import english
from models.recognizer import Recognizer
from models.records import CtcHead
from models.text import normalise_text
from models.transcribe import read_pcm, read_rows
from protos.errors import ConfigurationError, TooLong

PHONES, CHARACTERS = "phones", "characters"


@dataclass(frozen=True, slots=True)
class Utterance:
    """One recording, judged."""

    speaker: str
    slices: tuple[str, ...]
    """The main one first."""
    confidence: float
    words: Counts
    characters: Counts
    tokens: dict[str, Counts]
    """Of each head's best path, by the head's name."""
    substitutions: tuple[tuple[str, str], ...]
    """(said, heard) words."""


def labelled_rows(manifest: Path, limit: int | None = None) -> tuple[list[dict[str, Any]], int]:
    """Rows whose text has a letter to count, evenly thinned to `limit`; and how many rows have none.

    Raises: ConfigurationError: no manifest of recordings; names the line.
    """
    rows, skipped = [], 0
    for number, row in enumerate(read_rows(manifest), 1):
        if not normalise_text(str(row.get("text") or "")):
            skipped += 1
            continue
        if not isinstance(row.get("audio"), str):
            raise ConfigurationError(f"{manifest} line {number}: audio is {row.get('audio')!r}, must be a path")
        rows.append(row)
    if not rows:
        raise ConfigurationError(f"{manifest}: has no row with a text")
    return (rows if limit is None or limit >= len(rows) else [rows[index * len(rows) // limit] for index in range(limit)]), skipped


def score(recognizer: Recognizer, manifest: Path, rows: list[dict[str, Any]]) -> Iterator[Utterance]:
    """rows: of `labelled_rows`. Raises: ConfigurationError: a recording cannot be read. TooLong, InternalError: the recogniser refuses it."""
    for row in rows:
        recording = manifest.parent / row["audio"]
        try:
            yield _utterance(recognizer, row, read_pcm(recording))
        except TooLong as error:
            raise TooLong(f"{recording}: {error.message}") from error


def _utterance(recognizer: Recognizer, row: dict[str, Any], pcm: bytes) -> Utterance:
    recognition, logits = recognizer.listen(pcm, 0)
    best = recognition.alternatives[0] if recognition.alternatives else None
    tokens = _token_counts(recognizer.bundle.heads, normalise_text(row["text"]), logits)
    # Already in the writing of references; a model whose letters are not is at fault and is scored so.
    return utterance(row, pcm_to_waveform(pcm), best.transcript if best else "", best.confidence if best else 0.0, tokens)


def utterance(row: dict[str, Any], waveform: Waveform, heard: str, confidence: float, tokens: dict[str, Counts]) -> Utterance:
    """row: of `labelled_rows`; heard: in the writing of references (`normalise_text`)."""
    reference = normalise_text(row["text"])
    return Utterance(
        speaker=str(row.get("speaker") or row["audio"]),
        slices=slices_of(row, waveform),
        confidence=confidence,
        words=count(reference.split(), heard.split()),
        characters=count(reference, heard),
        tokens=tokens,
        substitutions=tuple(substitutions(reference.split(), heard.split())),
    )


def _token_counts(heads: tuple[CtcHead, ...], reference: str, logits: Logits | None) -> dict[str, Counts]:
    """logits: None where nothing was heard: every token is missing."""
    wanted = {PHONES: english().phones(reference), CHARACTERS: tuple(reference.replace(" ", "|"))}
    heard = {head.name: [] if logits is None else _best_path(head, logits) for head in heads if head.name in wanted}
    return {name: count(wanted[name], tokens) for name, tokens in heard.items()}


def _best_path(head: CtcHead, logits: Logits) -> list[str]:
    log_probs = log_softmax(logits[:, head.first : head.first + head.size])
    return [head.tokens[token.symbol] for token in greedy_tokens(log_probs, head.blank - head.first)]
