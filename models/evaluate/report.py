"""Scored utterances -> figures with intervals, for people and machines. Pure; rates are fractions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from models.evaluate.bootstrap import Rates, interval, resampled_rates
from models.evaluate.calibration import calibration_error, chance_error, of_readings, of_words
from models.evaluate.counts import NONE, Counts
from models.evaluate.scoring import ORACLE_SIZES, Utterance
from models.evaluate.slices import MAIN

DIGITS = 4
CONFUSIONS = 20
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
        "oracle": oracle(utterances),
        "token_error_rates": token_error_rates(utterances),
        "token_error_intervals": token_error_intervals(utterances),
        "calibration": calibration(utterances),
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


def token_error_intervals(utterances: Sequence[Utterance]) -> dict[str, dict[str, list[float]]]:
    """Head -> judged slice -> low and high of that rate, over speakers."""
    slices = judged_slices(utterances)
    return {
        head: {name: [round(bound, DIGITS) for bound in interval(resampled(members, _tokens_of(head)))] for name, members in slices.items()}
        for head in (utterances[0].tokens if utterances else {})
    }


def oracle(utterances: Sequence[Utterance]) -> dict[str, dict[str, float]]:
    """Length of the n-best list -> judged slice -> pooled word error rate of its best member."""
    slices = judged_slices(utterances)
    return {
        str(size): {name: round(pooled(members, _oracle_of(place)), DIGITS) for name, members in slices.items()}
        for place, size in enumerate(ORACLE_SIZES if all(utterance.oracle for utterance in utterances) else ())
    }


def calibration(utterances: Sequence[Utterance]) -> dict[str, dict[str, float]]:
    """Expected calibration errors, and what they would be by chance alone, of best readings, of every alternative, and of the words of both."""
    every = {
        "readings": of_readings(utterances),
        "words": of_words(utterances),
        "alternatives": of_readings(utterances, best_only=False),
        "words_of_alternatives": of_words(utterances, best_only=False),
    }
    return {
        name: {"error": round(calibration_error(found), DIGITS), "by_chance": round(chance_error(found), DIGITS)} for name, found in every.items()
    }


def _oracle_of(place: int) -> Which:
    return lambda utterance: utterance.oracle[place]


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
        "calibration": calibration(members),
    }
