"""Scored utterances -> figures with intervals, for people and machines. Pure; rates are fractions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from models.evaluate.bootstrap import Rates, interval, resampled_rates
from models.evaluate.counts import NONE, Counts
from models.evaluate.scoring import Utterance
from models.evaluate.slices import MAIN

DIGITS = 4
CONFUSIONS = 20
CALIBRATION_BINS = 10
Which = Callable[[Utterance], Counts]


def words(utterance: Utterance) -> Counts:
    return utterance.words


def characters(utterance: Utterance) -> Counts:
    return utterance.characters


def report(utterances: Sequence[Utterance], skipped: int) -> dict[str, Any]:
    """wer and cer: means over the main slices that are there (all slices' own, where none is); the rest by slice."""
    slices = by_slice(utterances)
    return {
        "wer": headline(utterances, words),
        "cer": headline(utterances, characters),
        "utterances": len(utterances),
        "skipped": skipped,
        "slices": {name: _slice(members) for name, members in slices.items()},
        "token_error_rates": token_error_rates(utterances),
        "calibration_error": round(calibration_error(utterances), DIGITS),
        "confusions": [
            {"said": said, "heard": heard, "times": times}
            for (said, heard), times in Counter(pair for utterance in utterances for pair in utterance.substitutions).most_common(CONFUSIONS)
        ],
    }


def by_slice(utterances: Sequence[Utterance]) -> dict[str, list[Utterance]]:
    """The main slices first, then the others by name."""
    slices: dict[str, list[Utterance]] = {}
    for utterance in utterances:
        for name in utterance.slices:
            slices.setdefault(name, []).append(utterance)
    return dict(sorted(slices.items(), key=lambda item: (MAIN.index(item[0]) if item[0] in MAIN else len(MAIN), item[0])))


def judged_slices(utterances: Sequence[Utterance]) -> dict[str, list[Utterance]]:
    """Those whose mean is the headline: the main slices, or every source where there is none of them."""
    sources: dict[str, list[Utterance]] = {}
    for utterance in utterances:
        sources.setdefault(utterance.slices[0], []).append(utterance)
    return {name: sources[name] for name in MAIN if name in sources} or sources


def pooled(utterances: Sequence[Utterance], which: Which) -> float:
    total = sum(map(which, utterances), NONE)
    return total.errors / total.length


def headline(utterances: Sequence[Utterance], which: Which) -> dict[str, float]:
    """Mean over the judged slices of their pooled rates; speakers are drawn within each slice."""
    slices = judged_slices(utterances).values()
    value = float(np.mean([pooled(members, which) for members in slices]))
    low, high = interval(np.mean([resampled(members, which) for members in slices], axis=0))
    return {"value": round(value, DIGITS), "low": round(low, DIGITS), "high": round(high, DIGITS)}


def resampled(utterances: Sequence[Utterance], which: Which) -> Rates:
    counted = [which(utterance) for utterance in utterances]
    return resampled_rates([c.errors for c in counted], [c.length for c in counted], [utterance.speaker for utterance in utterances])


def token_error_rates(utterances: Sequence[Utterance]) -> dict[str, dict[str, float]]:
    """Head -> judged slice -> pooled rate of the head's best path."""
    heads = utterances[0].tokens if utterances else {}
    slices = judged_slices(utterances)
    return {head: {name: round(pooled(members, _tokens_of(head)), DIGITS) for name, members in slices.items()} for head in heads}


def calibration_error(utterances: Sequence[Utterance]) -> float:
    """Expected calibration error: mean distance of confidence from the share of words that were right, over bins of equal confidence width."""
    confidence = np.array([utterance.confidence for utterance in utterances])
    right = np.array([max(0.0, 1 - utterance.words.errors / utterance.words.length) for utterance in utterances])
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    gaps = [abs(confidence[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    return float(np.sum(gaps))


def _tokens_of(head: str) -> Which:
    return lambda utterance: utterance.tokens[head]


def _slice(members: Sequence[Utterance]) -> dict[str, Any]:
    low, high = interval(resampled(members, words))
    total = sum(map(words, members), NONE)
    return {
        "wer": round(total.errors / total.length, DIGITS),
        "low": round(low, DIGITS),
        "high": round(high, DIGITS),
        "cer": round(pooled(members, characters), DIGITS),
        "utterances": len(members),
        "words": total.length,
        "substitutions": total.substitutions,
        "deletions": total.deletions,
        "insertions": total.insertions,
    }
