"""Utterances that were never spoken."""

from __future__ import annotations

from models.evaluate.counts import Counts
from models.evaluate.scoring import Judged, Utterance


def utterance(
    speaker: str = "s", source: str = "cv", errors: int = 0, length: int = 10, confidence: float | None = None, alternatives: int = 1
) -> Utterance:
    """confidence: of the utterance and of each word; None: as much as is right."""
    counts, accuracy = Counts(length, errors, 0, 0), max(0.0, 1 - errors / length)
    sure = accuracy if confidence is None else confidence
    reading = Judged(sure, accuracy, tuple((sure, place >= errors) for place in range(length)))
    return Utterance(speaker, (source, "gender: female"), (reading,) * alternatives, counts, counts, {"phones": counts}, (("a", "b"),) * errors)


def speakers(errors: int, source: str = "cv", count: int = 30, confidence: float | None = None) -> list[Utterance]:
    return [utterance(f"{source}{index}", source, errors, confidence=confidence) for index in range(count)]
