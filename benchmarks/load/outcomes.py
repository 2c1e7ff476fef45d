"""What became of each segment, and the figures of many. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

PERCENTILES = (50, 95, 99)
OK, LOST = "ok", "lost"
SLO_FINAL_S = 0.5
"""The final result after the end of the hang-over."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One segment. Instants are on the run's clock; waits count from when a thing was to happen, not from when it did."""

    session: int
    visit: int
    """Of the run: which utterance it belongs to."""
    audio_s: float
    onset_s: float
    """When the edge heard speech begin."""
    closed_s: float
    """When the hang-over was over."""
    outcome: str
    """ok, lost, or the reason of a Reject in small letters."""
    interim_s: float | None = None
    """From the onset to the first interim result."""
    final_s: float | None = None
    """From the end of the hang-over to the final result."""
    hits_s: float | None = None
    """The same to the hits; None: nothing to search for."""
    text: str = ""
    found: bool = False
    times_shown: int = 0
    lag_s: float = 0.0
    """The most that something of it was sent late by this generator."""
    stages: dict[str, float] = field(default_factory=dict)


def figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Percentiles in seconds; a segment without an answer counts as one that waits for ever in `within_slo` and in the SLO's own percentile."""
    counts = Counter(outcome.outcome for outcome in outcomes)
    answered = [outcome for outcome in outcomes if outcome.final_s is not None]
    return {
        "segments": len(outcomes),
        "audio_seconds": round(sum(outcome.audio_s for outcome in outcomes), 1),
        "final_seconds": percentiles(outcome.final_s for outcome in answered),
        "hits_seconds": percentiles(outcome.hits_s for outcome in answered),
        "interim_seconds": percentiles(outcome.interim_s for outcome in outcomes),
        "stage_seconds": stage_percentiles(answered),
        "within_slo": round(sum(is_in_time(outcome) for outcome in outcomes) / len(outcomes), 4) if outcomes else None,
        "found": sum(outcome.found for outcome in outcomes),
        "rejected": len(outcomes) - counts[OK] - counts[LOST],
        "rejects": {reason: number for reason, number in sorted(counts.items()) if reason not in (OK, LOST)},
        "lost": counts[LOST],
        "doubled": sum(outcome.times_shown > 1 for outcome in outcomes),
        "generator_lag_seconds": percentiles(outcome.lag_s for outcome in outcomes),
    }


def is_in_time(outcome: Outcome) -> bool:
    return outcome.final_s is not None and outcome.outcome == OK and outcome.final_s <= SLO_FINAL_S


def meets_slo(outcomes: Sequence[Outcome]) -> bool:
    """95 of 100 segments have their final result in time; whoever was rejected or lost has not. No segment, no promise kept."""
    return bool(outcomes) and sum(map(is_in_time, outcomes)) >= 0.95 * len(outcomes) and not any(outcome.outcome == LOST for outcome in outcomes)


def stage_percentiles(answered: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    stages = dict.fromkeys(stage for outcome in answered for stage in outcome.stages)
    return {stage: percentiles(outcome.stages.get(stage) for outcome in answered) for stage in stages}


def percentiles(values: Iterable[float | None]) -> dict[str, float]:
    """Empty where there is nothing to rank."""
    known = [value for value in values if value is not None]
    if not known:
        return {}
    return {f"p{percent}": round(float(value), 4) for percent, value in zip(PERCENTILES, np.percentile(known, PERCENTILES), strict=True)}
