"""How sure to be of a word and of a whole reading: maps fitted on recordings that were not trained on. Pure numpy; reads no file.

A word's confidence is the probability that it was said there; a reading's is its expected word accuracy (1 - errors / words said, at least 0). Every
alternative has both, so those of an n-best list are no distribution and do not sum to one.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.decode.evidence import READING_FEATURES, WORD_FEATURES, Evidence, Numbers, reading_features
from models.word_times import SpikeLag
from protos.errors import BundleError

FORMAT = 1
FEATURES = (("word", WORD_FEATURES), ("reading", READING_FEATURES))
MAX_LOG_ODDS = 12.0
"""Nothing is surer than one error in 160,000: no figure here was fitted on so many words."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """Numbers -> probability."""

    bias: float
    weights: tuple[float, ...]

    def __call__(self, features: Numbers) -> Numbers:
        """(..., weights) -> (...), each above 0 and below 1."""
        log_odds = np.clip(features @ np.array(self.weights) + self.bias, -MAX_LOG_ODDS, MAX_LOG_ODDS)
        probabilities: Numbers = 1 / (1 + np.exp(-log_odds))
        return probabilities


@dataclass(frozen=True, slots=True)
class Curve:
    """A rising line through knots, level beyond them."""

    inputs: tuple[float, ...]
    outputs: tuple[float, ...]

    def __call__(self, inputs: Numbers) -> Numbers:
        outputs: Numbers = np.interp(inputs, self.inputs, self.outputs)
        return outputs


@dataclass(frozen=True, slots=True)
class Confidence:
    """What a bundle's confidence.json holds."""

    decoder: str
    """What made the readings it was fitted on; other readings have other odds."""
    word: Logistic
    word_curve: Curve
    """What the words' logistic map says -> how often such words were right."""
    reading: Logistic
    lag: SpikeLag
    recordings: int
    """How many it was fitted on."""

    def judge(self, evidence: Evidence) -> tuple[Numbers, float]:
        """(words,) confidences, and the reading's own."""
        words = self.word_curve(self.word(evidence.words))
        return words, float(self.reading(reading_features(words, evidence.log_posterior)))


def uncalibrated(evidence: Evidence) -> tuple[Numbers, float]:
    """Geometric means of the symbols' highest posteriors: in order, and far too high; for a bundle that was never fitted."""
    mean = WORD_FEATURES.index("symbols_mean")
    return np.exp(evidence.words[:, mean]), float(np.exp(evidence.words[:, mean].mean()))


def write_confidence(confidence: Confidence) -> bytes:
    """JSON, each weight beside what it weighs."""
    data = asdict(confidence)
    for name, features in FEATURES:
        data[name]["weights"] = dict(zip(features, data[name]["weights"], strict=True))
    return (json.dumps({"format": FORMAT, **data}, indent=1) + "\n").encode()


def parse_confidence(path: Path, raw: bytes) -> Confidence:
    """path: for messages only. Raises: BundleError: it is not such a file, or was fitted on other features than this program has."""
    try:
        data = json.loads(raw)
        if data["format"] != FORMAT:
            raise ValueError(f"format is {data['format']!r}, this program reads {FORMAT}")
        lag = SpikeLag(*(_whole(data["lag"], key) for key in ("start", "end")))
        word, reading = (_logistic(name, data[name], features) for name, features in FEATURES)
        return Confidence(str(data["decoder"]), word, _curve(data["word_curve"]), reading, lag, _whole(data, "recordings"))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BundleError(f"{path}: is no fitted confidence ({error}); `harken-models calibrate-confidence` writes it anew") from error


def _logistic(name: str, data: dict[str, Any], features: tuple[str, ...]) -> Logistic:
    if tuple(data["weights"]) != features:
        raise ValueError(f"{name} weighs {', '.join(data['weights'])}, this program has {', '.join(features)}")
    numbers = [float(value) for value in (data["bias"], *data["weights"].values())]
    if not np.isfinite(numbers).all():
        raise ValueError(f"a weight of {name} is not finite")
    return Logistic(numbers[0], tuple(numbers[1:]))


def _curve(data: dict[str, Any]) -> Curve:
    inputs, outputs = (tuple(float(value) for value in data[key]) for key in ("inputs", "outputs"))
    if len(inputs) != len(outputs) or not inputs or sorted(set(inputs)) != list(inputs) or sorted(outputs) != list(outputs):
        raise ValueError("word_curve must have as many outputs as inputs, both rising")
    if not (outputs[0] > 0 and outputs[-1] < 1):
        raise ValueError(f"word_curve goes from {outputs[0]} to {outputs[-1]}, must stay above 0 and below 1")
    return Curve(inputs, outputs)


def _whole(data: dict[str, Any], key: str) -> int:
    if type(data[key]) is not int:
        raise ValueError(f"{key} is {data[key]!r}, must be a whole number")
    return int(data[key])
