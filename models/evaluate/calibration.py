"""Does what is said with confidence 0.8 turn out right 8 times in 10? Pure numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.evaluate.scoring import Judged, Utterance

BINS = 15


@dataclass(frozen=True, slots=True)
class Bin:
    """Neighbours in confidence."""

    size: int
    confidence: float
    """Mean."""
    right: float
    """Mean of what came true: of 0 or 1 for words, of word accuracies for readings."""
    spread: float
    """Root mean square of what came true about its confidence."""


def bins(confidence: npt.ArrayLike, right: npt.ArrayLike, count: int = BINS) -> list[Bin]:
    """Of equal size but for one, least confident first; confidence and right: (N,), in 0..1."""
    sure, true = np.asarray(confidence, float), np.asarray(right, float)
    members = [part for part in np.array_split(np.argsort(sure, kind="stable"), count) if len(part)]
    return [
        Bin(len(part), float(sure[part].mean()), float(true[part].mean()), float(np.sqrt(np.mean((true[part] - sure[part]) ** 2))))
        for part in members
    ]


def calibration_error(found: Sequence[Bin]) -> float:
    """Expected calibration error: mean distance of confidence from what came true; 0 where there is nothing."""
    return _mean([abs(group.confidence - group.right) for group in found], found)


def chance_error(found: Sequence[Bin]) -> float:
    """What the error would be if every confidence were true, for as few as these: the mean size of a normal deviate of each bin's mean."""
    return _mean([float(np.sqrt(2 / np.pi)) * group.spread / float(np.sqrt(group.size)) for group in found], found)


def of_readings(utterances: Sequence[Utterance], best_only: bool = True) -> list[Bin]:
    """best_only: False takes every alternative."""
    readings = _readings(utterances, best_only)
    return bins([reading.confidence for reading in readings], [reading.accuracy for reading in readings])


def of_words(utterances: Sequence[Utterance], best_only: bool = True) -> list[Bin]:
    """As `of_readings`, of their words."""
    words = [word for reading in _readings(utterances, best_only) for word in reading.words]
    return bins([confidence for confidence, _ in words], [right for _, right in words])


def _readings(utterances: Sequence[Utterance], best_only: bool) -> list[Judged]:
    return [reading for utterance in utterances for reading in (utterance.readings[:1] if best_only else utterance.readings)]


def _mean(values: Sequence[float], found: Sequence[Bin]) -> float:
    return float(np.average(values, weights=[group.size for group in found])) if found else 0.0
