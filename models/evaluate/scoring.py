"""A recogniser over a manifest -> one scored utterance for each recording with a text. The same code hears as in serving."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.ctc import Logits, greedy_symbols, log_softmax
from models.evaluate.counts import Counts, count, matched, substitutions
from models.evaluate.slices import slices_of
from models.features import Waveform, pcm_to_waveform
from models.pronounce.pronouncer import english
from models.recognizer import Recognizer
from models.records import CtcHead
from models.text import normalise_text
from models.transcribe import read_pcm, read_rows
from protos.errors import ConfigurationError, TooLong
from protos.messages import Hypothesis

PHONES, CHARACTERS = "phones", "characters"
# Lengths of n-best lists whose best member is asked for: what a better ranking could still win.
ORACLE_SIZES = (1, 5, 10, 30)


@dataclass(frozen=True, slots=True)
class Judged:
    """One alternative."""

    confidence: float
    accuracy: float
    """Of its words: 1 - errors / words said, at least 0."""
    words: tuple[tuple[float, bool], ...]
    """Of each word: its confidence, and whether it was right."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One recording, judged."""

    speaker: str
    slices: tuple[str, ...]
    """The main one first."""
    readings: tuple[Judged, ...]
    """Best first."""
    words: Counts
    characters: Counts
    tokens: dict[str, Counts]
    """Of each head's best path, by the head's name."""
    substitutions: tuple[tuple[str, str], ...]
    """(said, heard) words."""
    oracle: tuple[Counts, ...] = ()
    """Words of the reading with the fewest errors among the first ORACLE_SIZES."""


def labelled_rows(manifest: Path, limit: int | None = None) -> tuple[list[dict[str, Any]], int]:
    """Rows whose text has a letter to count, evenly thinned to `limit`; and how many rows have none.

    Raises: ConfigurationError: no manifest of recordings; names the line.
    """
    rows, skipped = [], 0
    for number, row in enumerate(read_rows(manifest), 1):
        if not normalise_text(str(row.get("text") or "")):
            skipped += 1
            continue
        rows.append(_recorded(manifest, number, row))
    if not rows:
        raise ConfigurationError(f"{manifest}: has no row with a text")
    return _thinned(rows, limit), skipped


def recorded_rows(manifest: Path, limit: int | None = None) -> list[dict[str, Any]]:
    """Every row, with a text or without, evenly thinned to `limit`. Raises: ConfigurationError: no manifest of recordings; names the line."""
    rows = [_recorded(manifest, number, row) for number, row in enumerate(read_rows(manifest), 1)]
    if not rows:
        raise ConfigurationError(f"{manifest}: has no row")
    return _thinned(rows, limit)


def _recorded(manifest: Path, number: int, row: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(row.get("audio"), str):
        raise ConfigurationError(f"{manifest} line {number}: audio is {row.get('audio')!r}, must be a path")
    return row


def _thinned(rows: list[dict[str, Any]], limit: int | None) -> list[dict[str, Any]]:
    return rows if limit is None or limit >= len(rows) else [rows[index * len(rows) // limit] for index in range(limit)]


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
    reference = normalise_text(row["text"])
    tokens = _token_counts(recognizer.bundle.heads, reference, logits)
    # Already in the writing of references; a model whose letters are not is at fault and is scored so.
    return utterance(row, pcm_to_waveform(pcm), recognition.alternatives, tokens, _oracle(recognizer, logits, reference.split()))


def utterance(
    row: dict[str, Any],
    waveform: Waveform,
    alternatives: tuple[Hypothesis, ...],
    tokens: dict[str, Counts],
    oracle: tuple[Counts, ...],
) -> Utterance:
    """row: of `labelled_rows`; alternatives: in the writing of references (`normalise_text`); oracle: best among ORACLE_SIZES readings."""
    reference = normalise_text(row["text"])
    heard = alternatives[0].transcript if alternatives else ""
    return Utterance(
        speaker=str(row.get("speaker") or row["audio"]),
        slices=slices_of(row, waveform),
        readings=tuple(judged(hypothesis, reference.split()) for hypothesis in alternatives),
        words=count(reference.split(), heard.split()),
        characters=count(reference, heard),
        tokens=tokens,
        substitutions=tuple(substitutions(reference.split(), heard.split())),
        oracle=oracle,
    )


def _oracle(recognizer: Recognizer, logits: Logits | None, reference: list[str]) -> tuple[Counts, ...]:
    """Read once more: a recognition has fewer alternatives."""
    readings = [] if logits is None else recognizer.read(logits, max(ORACLE_SIZES))[0]
    counted = [count(reference, reading.words) for reading in readings] or [count(reference, ())]
    return tuple(min(counted[:size], key=lambda one: one.errors) for size in ORACLE_SIZES)


def judged(hypothesis: Hypothesis, reference: list[str]) -> Judged:
    """reference: at least one word."""
    right = matched(reference, [word.word for word in hypothesis.words])
    accuracy = max(0.0, 1 - count(reference, hypothesis.transcript.split()).errors / len(reference))
    return Judged(hypothesis.confidence, accuracy, tuple((word.confidence, hit) for word, hit in zip(hypothesis.words, right, strict=True)))


def _token_counts(heads: tuple[CtcHead, ...], reference: str, logits: Logits | None) -> dict[str, Counts]:
    """logits: None where nothing was heard: every token is missing."""
    wanted = {PHONES: english().phones(reference), CHARACTERS: tuple(reference.replace(" ", "|"))}
    heard = {head.name: [] if logits is None else _best_path(head, logits) for head in heads if head.name in wanted}
    return {name: count(wanted[name], tokens) for name, tokens in heard.items()}


def _best_path(head: CtcHead, logits: Logits) -> list[str]:
    log_probs = log_softmax(logits[:, head.first : head.first + head.size])
    return [head.tokens[symbol] for symbol in greedy_symbols(log_probs, head.blank - head.first)]
