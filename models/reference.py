"""What segments are like where a model was judged good: the distributions that drift is measured against. Pure; a JSON file of a bundle."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from protos.errors import BundleError

FORMAT = 1
EDGES: dict[str, tuple[float, ...]] = {
    "seconds": (0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20),
    "level_dbfs": (-60, -50, -45, -40, -35, -30, -25, -20, -15, -10),
    "snr_db": (5, 10, 15, 20, 25, 30, 35, 40, 50, 60),
    "pitch_hz": (90, 110, 130, 150, 170, 190, 210, 230, 250, 280, 320, 400),
    "symbols_per_second": (2, 4, 6, 7, 8, 9, 10, 11, 12, 14, 16),
    "blank_share": (0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9),
    "confidence": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95),
    "words": (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20),
}
"""Of each measure (`models.measures`): bin i holds the values from edge i-1 on and below edge i, the first and the last all beyond."""
ALL = "all"


@dataclass(frozen=True, slots=True)
class Reference:
    recordings: dict[str, int]
    """Slice -> how many; "all" holds every one."""
    counts: dict[str, dict[str, tuple[int, ...]]]
    """Slice -> measure -> how many values lie in each bin; a recording without that measure is in none."""

    def share_without(self, slice_name: str, measure: str) -> float:
        """Of a slice's recordings, those that do not have the measure: without confidence is an empty final."""
        total = self.recordings[slice_name]
        return 1 - sum(self.counts[slice_name][measure]) / total if total else 0.0


def reference_of(recordings: Iterable[tuple[str, Mapping[str, float]]]) -> Reference:
    """recordings: (slice, measures) of each."""
    rows: dict[str, list[Mapping[str, float]]] = {ALL: []}
    for name, found in recordings:
        rows[ALL].append(found)
        rows.setdefault(name, []).append(found)
    counts = {
        name: {measure: histogram(measure, [row[measure] for row in members if measure in row]) for measure in EDGES}
        for name, members in rows.items()
    }
    return Reference({name: len(members) for name, members in rows.items()}, counts)


def histogram(measure: str, values: Iterable[float]) -> tuple[int, ...]:
    """How many values lie in each bin of EDGES."""
    edges = EDGES[measure]
    bins = np.searchsorted(edges, np.fromiter(values, float), side="right")
    return tuple(np.bincount(bins, minlength=len(edges) + 1).tolist())


def write_reference(reference: Reference) -> bytes:
    facts = {"format": FORMAT, "edges": EDGES, "recordings": reference.recordings, "counts": reference.counts}
    return (json.dumps(facts, indent=1) + "\n").encode()


def parse_reference(path: Path, raw: bytes) -> Reference:
    """path: for messages only. Raises: BundleError: names the rule it broke."""
    try:
        data: dict[str, Any] = json.loads(raw)
        if data["format"] != FORMAT:
            raise BundleError(f"{path}: format is {data['format']!r}, this program reads {FORMAT}")
        if {name: tuple(edges) for name, edges in data["edges"].items()} != EDGES:
            raise BundleError(f"{path}: its bins have other edges than this program's; make it anew with `harken-models reference`")
        recordings = {name: _whole(path, name, total) for name, total in data["recordings"].items()}
        counts = {
            name: {measure: tuple(_whole(path, f"{measure} of {name}", count) for count in by_measure[measure]) for measure in EDGES}
            for name, by_measure in data["counts"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BundleError(f"{path}: is no reference ({type(error).__name__}: {error})") from error
    _check(path, recordings, counts)
    return Reference(recordings, counts)


def _whole(path: Path, what: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BundleError(f"{path}: {what} counts {value!r}, must be a whole number from 0")
    return value


def _check(path: Path, recordings: dict[str, int], counts: dict[str, dict[str, tuple[int, ...]]]) -> None:
    if ALL not in recordings or recordings.keys() != counts.keys():
        raise BundleError(f"{path}: recordings and counts must name the same slices, {ALL!r} among them")
    for name, by_measure in counts.items():
        for measure, bins in by_measure.items():
            if len(bins) != len(EDGES[measure]) + 1 or sum(bins) > recordings[name]:
                raise BundleError(f"{path}: {measure} of {name} has counts {list(bins)} for {recordings[name]} recordings")
