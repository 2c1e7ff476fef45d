"""What a crowd was told and how soon -> figures, and whether the promises of overload hold. Pure: no clock, no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

FINAL, LOST = "FINAL", "LOST"
# reliability.md section 3: 95 % of live segments within 1.0 s of the end of speech.
SLO_P95_S = 1.0
GOODPUT_SHARE = 0.90
REJECT_P99_S = 0.050
RECOVERY_S = 10.0
FAIR_P95_CHANGE = 0.10
IDLE_CORE_SHARE = 0.01
HALF_OPEN_S = 15.0
BACKLOG_S = 30.0
WINDOW_S = 1.0
# What a person would call the same: a fifth more, or a twentieth of a second.
NORMAL_FACTOR, NORMAL_MARGIN_S = 1.2, 0.05


@dataclass(frozen=True, slots=True)
class Asked:
    """One segment and what became of it; times on one clock."""

    tenant: str
    audio_s: float
    due_s: float
    """When the plan had its last word said: what it is measured from."""
    begun_s: float
    """When the generator came to it."""
    answered_s: float | None
    outcome: str
    """FINAL, the reason of a Reject, or LOST."""
    retry_after_s: float = 0.0

    @property
    def waited_s(self) -> float:
        return float("inf") if self.answered_s is None else self.answered_s - self.due_s


@dataclass(frozen=True, slots=True)
class Phases:
    """One trial, in the order it ran: each phase began where the one before ended."""

    peak_s_per_s: float
    """Audio seconds a second when as many ask as can be heard."""
    calm: Sequence[Asked]
    flood: Sequence[Asked]
    flood_begin_s: float
    flood_s: float
    after: Sequence[Asked]

    @property
    def flood_end_s(self) -> float:
        return self.flood_begin_s + self.flood_s


def peak_s_per_s(asked: Sequence[Asked]) -> float:
    """Audio seconds answered a second, from the first answer to the last."""
    finals = sorted((one.answered_s, one.audio_s) for one in asked if one.outcome == FINAL and one.answered_s is not None)
    if len(finals) < 2 or finals[-1][0] <= finals[0][0]:
        return 0.0
    return sum(audio_s for _, audio_s in finals[1:]) / (finals[-1][0] - finals[0][0])


def figures(phases: Phases) -> dict[str, Any]:
    """What is said of a trial, seconds from the scheduled instant. Rates are of audio, because that is what work costs: when there is too much, a
    short segment fits where a long one does not, and segments a second would flatter.
    """
    finals, rejects = _finals(phases.flood), _rejects(phases.flood)
    in_time = [one for one in finals if one.waited_s <= SLO_P95_S and one.due_s + one.waited_s <= phases.flood_end_s]
    goodput = sum(one.audio_s for one in in_time) / phases.flood_s
    return {
        "peak_audio_s_per_s": round(phases.peak_s_per_s, 2),
        "offered_audio_s_per_s": round(sum(one.audio_s for one in phases.flood) / phases.flood_s, 2),
        "goodput_audio_s_per_s": round(goodput, 2),
        "goodput_share": round(goodput / phases.peak_s_per_s, 3) if phases.peak_s_per_s else 0.0,
        "calm_final_seconds": percentiles(_finals(phases.calm)),
        "final_seconds": percentiles(finals),
        "reject_seconds": percentiles(rejects),
        "generator_late_seconds": _percentiles([one.begun_s - one.due_s for one in phases.flood]),
        "segments": len(phases.flood),
        "rejected": len(rejects),
        "rejects_without_retry_time": sum(one.retry_after_s <= 0 for one in rejects),
        "lost": sum(one.outcome == LOST for one in (*phases.calm, *phases.flood, *phases.after)),
        "recovery_seconds": recovery_s(phases),
        "slo_p95_seconds": SLO_P95_S,
    }


def recovery_s(phases: Phases) -> float | None:
    """From the end of the flood until nobody is refused and answers come as they did before it; None: that never came.

    By windows of scheduled instants: normal again from the first one after which none is bad.
    """
    calm_p95_s = percentiles(_finals(phases.calm))["p95"]
    normal_s = max(NORMAL_FACTOR * calm_p95_s, calm_p95_s + NORMAL_MARGIN_S)
    windows: dict[int, list[Asked]] = {}
    for one in phases.after:
        windows.setdefault(int((one.due_s - phases.flood_end_s) / WINDOW_S), []).append(one)
    bad = [number for number, asked in windows.items() if any(one.outcome != FINAL for one in asked) or median(_waits(asked)) > normal_s]
    if not windows or max(windows) in bad:
        return None
    return (max(bad, default=-1) + 1) * WINDOW_S


def broken(found: dict[str, Any]) -> list[str]:
    """The promises that `figures` do not keep, in words."""
    promises = [
        (found["goodput_share"] >= GOODPUT_SHARE, f"goodput is {found['goodput_share']:.0%} of the peak, at least {GOODPUT_SHARE:.0%} is promised"),
        (found["final_seconds"]["p95"] <= SLO_P95_S, f"p95 of accepted segments is {found['final_seconds']['p95']:g} s, promised {SLO_P95_S:g} s"),
        (found["reject_seconds"]["p99"] <= REJECT_P99_S, f"p99 of rejects is {found['reject_seconds']['p99']:g} s, promised {REJECT_P99_S:g} s"),
        (found["rejects_without_retry_time"] == 0, f"{found['rejects_without_retry_time']} rejects named no time to come back"),
        (found["lost"] == 0, f"{found['lost']} segments were never answered"),
        (
            found["recovery_seconds"] is not None and found["recovery_seconds"] <= RECOVERY_S,
            f"normal again after {found['recovery_seconds']} s, promised {RECOVERY_S:g} s",
        ),
    ]
    return [words for is_kept, words in promises if not is_kept]


def restless(found: dict[str, Any]) -> list[str]:
    """The promises about silence and about what comes after an outage that are not kept, in words."""
    halves, backlog = found["half_open_seconds"], found["backlog"]
    promises = [
        (found["idle"]["core_share"] < IDLE_CORE_SHARE, f"{found['idle']['streams']} idle streams take {found['idle']['core_share']:.2%} of a core"),
        (found["silence"]["reconnects"] == 0, f"{found['silence']['reconnects']} reconnects in silence"),
        (max(halves.values()) <= HALF_OPEN_S, f"a half-open link was found after {halves} s, promised {HALF_OPEN_S:g} s"),
        (backlog["seconds"] <= BACKLOG_S, f"a backlog of {backlog['audio_seconds']:g} s took {backlog['seconds']:g} s, promised {BACKLOG_S:g} s"),
        (backlog["answered"] == backlog["segments"], f"{backlog['answered']} of {backlog['segments']} segments of the backlog were answered"),
    ]
    return [words for is_kept, words in promises if not is_kept]


def fairness(calm: Sequence[Asked], loud: Sequence[Asked], loud_tenant: str) -> dict[str, Any]:
    """What the others notice when one tenant asks for ten times as much."""
    others = [[one for one in asked if one.tenant != loud_tenant] for asked in (calm, loud)]
    before, during = (percentiles(_finals(asked)) for asked in others)
    return {
        "others_calm_seconds": before,
        "others_seconds": during,
        "others_p95_change": round(during["p95"] / before["p95"] - 1, 3) if before["p95"] else None,
        "others_refused": sum(one.outcome != FINAL for one in others[1]),
        "loud_asked": sum(one.tenant == loud_tenant for one in loud),
        "loud_answered": sum(one.tenant == loud_tenant and one.outcome == FINAL for one in loud),
    }


def unfair(found: dict[str, Any]) -> list[str]:
    """The promises that `fairness` do not keep, in words."""
    change = found["others_p95_change"]
    promises = [
        (change is not None and change <= FAIR_P95_CHANGE, f"the others' p95 changed by {change}, promised at most {FAIR_P95_CHANGE}"),
        (found["others_refused"] == 0, f"{found['others_refused']} segments of the others were refused"),
        (found["loud_answered"] > 0, "the loud tenant got nothing at all"),
    ]
    return [words for is_kept, words in promises if not is_kept]


def percentiles(asked: Iterable[Asked]) -> dict[str, float]:
    return _percentiles(_waits(asked))


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    values = np.percentile(seconds, (50, 95, 99)) if seconds else np.zeros(3)
    return {name: round(float(value), 4) for name, value in zip(("p50", "p95", "p99"), values, strict=True)}


def _waits(asked: Iterable[Asked]) -> list[float]:
    return [one.waited_s for one in asked if one.answered_s is not None]


def _finals(asked: Iterable[Asked]) -> list[Asked]:
    return [one for one in asked if one.outcome == FINAL]


def _rejects(asked: Iterable[Asked]) -> list[Asked]:
    return [one for one in asked if one.outcome not in (FINAL, LOST)]
