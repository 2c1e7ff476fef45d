"""The weights with which the best of all readings come first: a search over what each says and how many errors it has. Pure numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.decode.weights import Weights
from models.evaluate.slices import MAIN
from protos.errors import ConfigurationError

LEAST_RECORDINGS = 30
FITTED = ("letters", "language", "word")
# Each weight in turn, from large steps to small; a rate that counts whole words is flat between its steps, so no gradient leads anywhere.
STEPS = (2.0, 1.4, 1.2, 1.1)
WORD_STEPS = (2.0, 1.0, 0.5, 0.25)
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """One recording: what may be chosen from, and what each choice costs."""

    slice: str
    length: int
    """Words said."""
    errors: npt.NDArray[np.int64]
    """(N,) of each reading; N at least 1."""
    numbers: npt.NDArray[np.float64]
    """(N, 4): of `Decoder.weigh`."""


def fit_weights(choices: Sequence[Choice], start: Weights) -> Weights:
    """The lowest mean of the slices' word error rates that coordinate search finds from `start`. Raises: ConfigurationError: too few recordings."""
    if len(choices) < LEAST_RECORDINGS:
        raise ConfigurationError(f"{len(choices)} recordings were heard, at least {LEAST_RECORDINGS} are needed to fit weights")
    best, lowest = start, word_error_rate(choices, start)
    for _ in range(ROUNDS):
        for size, word_size in zip(STEPS, WORD_STEPS, strict=True):
            for tried in [neighbour for name in FITTED for neighbour in _neighbours(best, name, size, word_size)]:
                rate = word_error_rate(choices, tried)
                if rate < lowest:
                    best, lowest = tried, rate
    return best


def word_error_rate(choices: Sequence[Choice], weights: Weights) -> float:
    """Mean of the pooled rates of the main slices (of all, where there is none of them) when the highest score is taken."""
    totals: dict[str, tuple[int, int]] = {}
    for choice in choices:
        errors, words = totals.get(choice.slice, (0, 0))
        chosen = int(choice.errors[np.argmax(choice.numbers @ weights.vector)])
        totals[choice.slice] = (errors + chosen, words + choice.length)
    return float(np.mean([errors / words for errors, words in ([totals[name] for name in MAIN if name in totals] or totals.values())]))


def _neighbours(weights: Weights, name: str, size: float, word_size: float) -> list[Weights]:
    """The bonus for a word may change its sign; the others are scales."""
    value = getattr(weights, name)
    values = (value - word_size, value + word_size) if name == "word" else (value / size, value * size)
    return [replace(weights, **{name: other}) for other in values]
