"""Intervals by drawing speakers, not utterances: the errors of one voice come together. Pure numpy, same draws every time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

ROUNDS = 1000
CONFIDENCE = 0.95
SEED = 1
Rates = npt.NDArray[np.float64]


def resampled_rates(errors: npt.ArrayLike, lengths: npt.ArrayLike, speakers: Sequence[str], rounds: int = ROUNDS) -> Rates:
    """errors: (..., U) for each utterance, of one system or several judged on the same draws; lengths: (U,). Returns pooled rates (..., rounds)."""
    names, index = np.unique(np.asarray(speakers), return_inverse=True)
    summed_errors = _by_speaker(np.asarray(errors, np.float64), index, len(names))
    summed_lengths = _by_speaker(np.asarray(lengths, np.float64), index, len(names))
    # How often each speaker is drawn says all that a draw does.
    drawn = np.random.default_rng(SEED).multinomial(len(names), np.full(len(names), 1 / len(names)), size=rounds)
    rates: Rates = (summed_errors @ drawn.T) / np.maximum(summed_lengths @ drawn.T, 1)
    return rates


def interval(values: Rates) -> tuple[float, float]:
    """The middle CONFIDENCE of values (rounds,); one speaker alone gives no width, and so no knowledge."""
    low, high = np.quantile(values, ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2))
    return float(low), float(high)


def _by_speaker(values: Rates, index: npt.NDArray[np.intp], speakers: int) -> Rates:
    """(..., U) -> (..., speakers)."""
    sums = np.zeros((*values.shape[:-1], speakers))
    np.add.at(np.moveaxis(sums, -1, 0), index, np.moveaxis(values, -1, 0))
    return sums
