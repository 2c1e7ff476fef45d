"""Utterances that were never spoken."""

from __future__ import annotations

from models.evaluate.counts import Counts
from models.evaluate.scoring import Utterance


def utterance(speaker: str = "s", source: str = "cv", errors: int = 0, length: int = 10, confidence: float = 1.0) -> Utterance:
    counts = Counts(length, errors, 0, 0)
    return Utterance(speaker, (source, "gender: female"), confidence, counts, counts, {"phones": counts}, (("a", "b"),) * errors)


def speakers(errors: int, source: str = "cv", count: int = 30) -> list[Utterance]:
    return [utterance(f"{source}{index}", source, errors) for index in range(count)]
