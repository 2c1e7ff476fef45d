"""Does a server grow? Judged from samples of its memory under steady load. Pure.

Memory is the resident set of the server and its workers, less what gRPC itself is known to leak for each cancelled stream. After the warm-up the
Theil-Sen slope (the median of the slopes of all pairs: no single jump decides) is taken over time, in per cent, and over segments, in bytes.
A leak of a kilobyte a request is twice the second limit, however short the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from protos.errors import ConfigurationError

LEAK_BYTES_PER_CANCEL = 106
"""grpc.aio's own, for a cancelled stream: the low end of the 106 to 134 that were measured (grpc/grpc issue 43360)."""
MAX_GROWTH = 0.02
MAX_BYTES_PER_SEGMENT = 512.0
MIN_SAMPLES = 10


@dataclass(frozen=True, slots=True)
class Sample:
    at_s: float
    rss_bytes: int
    answered: int
    """Segments, since the start."""
    cancelled: int
    """Streams, since the start."""


@dataclass(frozen=True, slots=True)
class Growth:
    """From the end of the warm-up to the end of the load."""

    ratio: float
    """Of the memory at its beginning."""
    bytes_per_segment: float
    seconds: float
    segments: int
    begin_mb: float
    end_mb: float
    subtracted_mb: float
    """gRPC's own leak."""

    @property
    def is_leak(self) -> bool:
        return self.ratio >= MAX_GROWTH or self.bytes_per_segment >= MAX_BYTES_PER_SEGMENT


def growth(samples: Sequence[Sample], warm_up: float, warm_up_segments: int = 0) -> Growth:
    """warm_up: the share of the segments that is not judged, and warm_up_segments the fewest: caches fill, and pools grow to their size.

    Raises: ConfigurationError: too few samples, or no segments to judge by.
    """
    answered = samples[-1].answered if samples else 0
    judged = [sample for sample in samples if sample.answered >= max(answered * warm_up, warm_up_segments)]
    if len(judged) < MIN_SAMPLES or judged[-1].answered == judged[0].answered:
        raise ConfigurationError(
            f"{answered} segments were answered, and {len(judged)} samples taken after the warm-up of at least {warm_up_segments} segments;"
            f" {MIN_SAMPLES} samples with new answers are needed: run longer"
        )
    seconds = np.array([sample.at_s for sample in judged])
    segments = np.array([sample.answered for sample in judged], np.float64)
    leaked = np.array([LEAK_BYTES_PER_CANCEL * sample.cancelled for sample in judged], np.float64)
    memory = np.array([sample.rss_bytes for sample in judged], np.float64) - leaked
    begin_bytes = float(np.median(memory[: max(1, len(memory) // 10)]))
    grown_bytes = slope(seconds, memory) * float(seconds[-1] - seconds[0])
    return Growth(
        round(grown_bytes / begin_bytes, 5),
        round(slope(segments, memory), 1),
        round(float(seconds[-1] - seconds[0]), 1),
        int(segments[-1] - segments[0]),
        round(judged[0].rss_bytes / 2**20, 2),
        round(judged[-1].rss_bytes / 2**20, 2),
        round(float(leaked[-1] - leaked[0]) / 2**20, 3),
    )


def slope(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> float:
    """Theil and Sen's: the median over all pairs of different x; 0 if there is none."""
    first, second = np.triu_indices(len(x), 1)
    differs = x[second] != x[first]
    first, second = first[differs], second[differs]
    return float(np.median((y[second] - y[first]) / (x[second] - x[first]))) if len(first) else 0.0
