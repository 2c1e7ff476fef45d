"""Rounds of several engines -> how much faster ours is. Pure: seconds come in, ratios go out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles

OURS, ROOF = "harken", "gemm"
# What is reported -> the engines that it may be; the one with the best median counts.
RIVALS = {
    "vs_ort_fp32": ("ort_fp32",),
    "vs_stock_int8": ("stock_int8",),
    "vs_torch_bf16": ("torch_bf16",),
    "vs_openvino_int8": ("openvino_int8_bf16", "openvino_int8_f32"),
    "vs_openvino_int8_any_length": ("openvino_int8_any_length",),
}
ENGINES = (OURS, *(engine for engines in RIVALS.values() for engine in engines), ROOF)


@dataclass(frozen=True, slots=True)
class Spread:
    low: float
    """First quartile."""
    median: float
    high: float
    """Third quartile."""


@dataclass(frozen=True, slots=True)
class Round:
    """What every engine does in each of its rounds."""

    audio_seconds: float
    multiply_adds: int
    """Of the model, for all of the audio."""
    roof_multiply_adds: int
    """Of the bare matrix products."""


def turns(engines: Sequence[str], rounds: int) -> Iterator[str]:
    """Every engine once a round; each round begins with another one, so that none always follows the same."""
    for number in range(rounds):
        first = number % len(engines)
        yield from (*engines[first:], *engines[:first])


def spread(values: Sequence[float]) -> Spread:
    """Quartiles, as numpy's default. One value is its own."""
    low, median, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else (values[0],) * 3
    return Spread(low, median, high)


def standings(seconds: Mapping[str, Sequence[float]], work: Round) -> dict[str, Spread]:
    """seconds: of each engine, by round. Ratios are taken within a round, where the machine was the same for both, then spread over the rounds.

    vnni_fraction is held against the roof's best round: a roof is what the machine can do, not what it did beside its neighbours.
    """
    ours = seconds[OURS]
    found = {name: ratio_to_best(ours, [seconds[engine] for engine in engines]) for name, engines in RIVALS.items()}
    found["audio_seconds_per_second"] = spread([work.audio_seconds / mine for mine in ours])
    roof = work.roof_multiply_adds / min(seconds[ROOF])
    found["vnni_fraction"] = spread([work.multiply_adds / mine / roof for mine in ours])
    return found


def ratio_to_best(ours: Sequence[float], rivals: Sequence[Sequence[float]]) -> Spread:
    """How many times faster ours is than the rival with the best median."""
    best = min(rivals, key=lambda theirs: spread(theirs).median)
    return spread([theirs / mine for mine, theirs in zip(ours, best, strict=True)])


def agreement(ours: Sequence[Sequence[int]], theirs: Sequence[Sequence[int]]) -> float:
    """Of all frames, the share in which both have the same best output. Raises: ValueError: not the same number of frames."""
    pairs = [pair for mine, other in zip(ours, theirs, strict=True) for pair in zip(mine, other, strict=True)]
    return sum(mine == other for mine, other in pairs) / len(pairs)
