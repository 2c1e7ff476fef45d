"""Fits confidence to what a bundle gets right of recordings that it was not trained on. Pure numpy.

Logistic regression by Newton's method; for words then an isotonic curve by pooling adjacent violators: their odds are not quite linear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.confidence import Confidence, Curve, Logistic
from models.decode.evidence import Evidence, Numbers, reading_features
from models.word_times import SpikeLag
from protos.errors import ConfigurationError

RIDGE = 1.0
"""On weights of features of spread 1, against a loss summed over words: it decides only where features say the same."""
ROUNDS = 30
SMALLEST_STEP = 1e-8
SMALLEST_SPREAD = 1e-3
"""A feature that varies less has nothing but rounding in it: a greedy reading's margin, the share of an only reading."""
KNOTS = 30
MIN_RECORDINGS = 50
"""With fewer the maps would be noise: a tenth of a word's confidence is what 100 words leave open."""


@dataclass(frozen=True, slots=True)
class Example:
    """One reading of a recording whose text is known."""

    evidence: Evidence
    right: tuple[bool, ...]
    """Of each word."""
    accuracy: float
    """Of all words: 1 - errors / words said, at least 0."""
    weight: float
    """The best reading counts as much as all the others of its recording together."""


def fit_confidence(recordings: Sequence[Sequence[Example]], decoder: str, lag: SpikeLag) -> Confidence:
    """recordings: the readings of each, those without any left out. Raises: ConfigurationError: they are too few."""
    if len(recordings) < MIN_RECORDINGS:
        raise ConfigurationError(
            f"confidence is fitted on at least {MIN_RECORDINGS} recordings in which something is heard, there are {len(recordings)}"
        )
    examples = [example for recording in recordings for example in recording]
    weights = np.array([example.weight for example in examples])
    words = np.concatenate([example.evidence.words for example in examples])
    right = np.concatenate([example.right for example in examples]).astype(float)
    word_weights = np.repeat(weights, [len(example.right) for example in examples])
    word = fit_logistic(words, right, word_weights)
    curve = fit_curve(word(words), right, word_weights)
    features = [reading_features(curve(word(example.evidence.words)), example.evidence.log_posterior) for example in examples]
    reading = fit_logistic(np.array(features), [example.accuracy for example in examples], weights)
    return Confidence(decoder, word, curve, reading, lag, len(recordings))


def fit_curve(inputs: Numbers, targets: Numbers, weights: Numbers) -> Curve:
    """The isotonic curve nearest to targets (N,) in 0..1, through the means of at most KNOTS groups of equal size; above 0 and below 1.

    Source: Zadrozny and Elkan, Transforming classifier scores into accurate multiclass probability estimates, 2002.
    """
    pools: list[tuple[float, float, float]] = []
    for members in np.array_split(np.argsort(inputs, kind="stable"), min(KNOTS, len(inputs))):
        weight = float(weights[members].sum())
        # One right and one wrong more than were seen: no group is so large that none of its kind can ever be wrong.
        target = float((weights[members] @ targets[members] + 1) / (weight + 2))
        pools.append((float(np.average(inputs[members], weights=weights[members])), target, weight))
        while len(pools) > 1 and (pools[-2][1] >= pools[-1][1] or pools[-2][0] >= pools[-1][0]):
            pools[-2:] = [_pooled(*pools[-2:])]
    return Curve(tuple(place for place, _, _ in pools), tuple(target for _, target, _ in pools))


def fit_logistic(features: Numbers, targets: npt.ArrayLike, weights: Numbers) -> Logistic:
    """features: (N, F); targets: (N,) in 0..1, of which fractions count as so many of each; weights: (N,). A feature that hardly varies weighs 0."""
    centre = np.average(features, axis=0, weights=weights)
    spread = np.sqrt(np.average((features - centre) ** 2, axis=0, weights=weights))
    varies = spread > SMALLEST_SPREAD
    inputs = np.column_stack([np.ones(len(features)), (features - centre)[:, varies] / spread[varies]])
    fitted = _newton(inputs, np.asarray(targets, float), weights)
    scaled = np.zeros(features.shape[1])
    scaled[varies] = fitted[1:] / spread[varies]
    return Logistic(float(fitted[0] - scaled @ centre), tuple(scaled.tolist()))


def _pooled(first: tuple[float, float, float], second: tuple[float, float, float]) -> tuple[float, float, float]:
    """(input, target, weight) of both together."""
    weight = first[2] + second[2]
    return (first[0] * first[2] + second[0] * second[2]) / weight, (first[1] * first[2] + second[1] * second[2]) / weight, weight


def _newton(inputs: Numbers, targets: Numbers, weights: Numbers) -> Numbers:
    """The weights (1 + F,) of the smallest ridged cross-entropy; the first, the bias, is free."""
    ridge = RIDGE * np.eye(inputs.shape[1])
    # A hair on the bias too: with targets all alike it would grow for ever.
    ridge[0, 0] *= 1e-3
    fitted = np.zeros(inputs.shape[1])
    for _ in range(ROUNDS):
        expected = 1 / (1 + np.exp(-np.clip(inputs @ fitted, -30, 30)))
        gradient = inputs.T @ (weights * (expected - targets)) + ridge @ fitted
        curvature = (inputs * (weights * expected * (1 - expected))[:, None]).T @ inputs + ridge
        step = np.linalg.solve(curvature, gradient)
        fitted -= step
        if np.abs(step).max() < SMALLEST_STEP:
            break
    return fitted
