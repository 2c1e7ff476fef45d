"""What one server was measured to take for a query. Pure: a report of `harken-bench load --json` in, numbers out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from protos.errors import ConfigurationError

LOWEST_SPREAD = 0.0


@dataclass(frozen=True, slots=True)
class Profile:
    service_s: float
    """Processor time of one segment, everything that the server does for it included; one core works on it."""
    spread: float
    """Standard deviation of that time over its mean: 0, always the same; 1, exponential."""
    cores: int
    """Of one replica: as many segments are worked on at once."""

    def __post_init__(self) -> None:
        """Raises: ConfigurationError."""
        if not (self.service_s > 0 and self.spread >= 0 and self.cores >= 1):
            raise ConfigurationError(f"service {self.service_s:g} s, spread {self.spread:g} and {self.cores} cores must be above 0, 0 and at least 1")


def profile_of(report: Mapping[str, Any], cores: int | None) -> Profile:
    """cores: of a replica; None: those of the server that was measured.

    Raises: ConfigurationError: a server's processor time was not seen, which needs a run on its own machine.
    """
    try:
        cost, segments, audio_s = (report[name] for name in ("server_cpu_seconds_per_audio_second", "segments", "audio_seconds"))
        spans = [report["stage_seconds"][stage] for stage in ("infer", "decode")]
    except KeyError as error:
        raise ConfigurationError(f"the profile has no {error.args[0]!r}; make it with `harken-bench load --json > profile.json`") from error
    if not cost or not segments:
        raise ConfigurationError("the profile does not know the server's processor time: measure on the server's own machine, without --server")
    if cores is None and "cores" not in report:
        raise ConfigurationError("the profile does not say how many cores it is of: give --cores")
    return Profile(cost * audio_s / segments, spread_of(spans), cores or report["cores"])


def spread_of(spans: list[Mapping[str, float]]) -> float:
    """Of stages' percentiles, as if each were normal: p95 is 1.645 standard deviations above p50. Crowds at the machine count too: none too few."""
    mean_s = sum(span["p50"] for span in spans)
    deviation_s = sum((span["p95"] - span["p50"]) / 1.645 for span in spans)
    return max(LOWEST_SPREAD, round(deviation_s / mean_s, 3)) if mean_s else LOWEST_SPREAD
