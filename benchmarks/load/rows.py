"""Figures of loads as lines for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.load.outcomes import PERCENTILES

WAITS = {
    "interim_seconds": "first interim, from onset",
    "final_seconds": "final, from the end of the hang-over",
    "hits_seconds": "hits, from there too",
}
COLUMNS = (
    ("streams", 8), ("segments", 10),
    ("final ms p50", 14), ("p95", 9), ("p99", 9), ("in time", 9), ("rejected", 10), ("lost", 6), ("server cores", 14),
)  # fmt: skip


def as_lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """Of one load, or of the largest that was found."""
    if "capacity_streams" in facts:
        yield f"capacity: {facts['capacity_streams']:g} streams, {facts['capacity_streams_per_core']:g} a core"
        yield f"engine ratio: {facts['engine_ratio']}" if facts["engine_ratio"] is not None else "engine ratio: unknown"
    if not facts.get("segments"):
        yield "no load passed"
        return
    yield f"{facts['segments']} segments, {facts['audio_seconds']:g} s of audio, {facts['sessions']} sessions: " + (
        "within the promise" if facts["passed"] else "the promise was BROKEN"
    )
    yield f"{facts['within_slo']:.1%} in time; rejected {facts['rejected']}, lost {facts['lost']}, doubled {facts['doubled']}; " + (
        f"WER {facts['wer']:.1%}" if facts["wer"] is not None else "WER unknown"
    )
    for name, label in WAITS.items():
        if facts[name]:
            yield f"{label:40s}{waits(facts[name])}"
    for stage, spread in facts["stage_seconds"].items():
        yield f"  {stage:38s}{waits(spread)}"
    yield f"generator: late by {waits(facts['generator_lag_seconds'])}, {facts['generator_cores']:g} cores; server: {facts['server_cores']} cores"
    yield from (f"trouble: {sentence}" for sentence in facts["troubles"])


def waits(spread: Mapping[str, float]) -> str:
    return "   ".join(f"p{percent} {1000 * spread[f'p{percent}']:7.1f} ms" for percent in PERCENTILES) if spread else "nothing"


def as_table(steps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Final latency against the number of concurrent streams."""
    yield "".join(f"{name:>{width}s}" for name, width in COLUMNS)
    for facts in steps:
        final = facts["final_seconds"]
        columns = "".join(
            f"{1000 * final[f'p{percent}']:{width}.1f}" if final else " " * width for percent, width in zip(PERCENTILES, (14, 9, 9), strict=True)
        )
        cores = "" if facts["server_cores"] is None else f"{facts['server_cores']:.2f}"
        yield (
            f"{facts['load']['streams']:8g}{facts['segments']:10d}{columns}{facts['within_slo']:9.1%}{facts['rejected']:10d}{facts['lost']:6d}{cores:>14s}"
        )
