"""Which groups a recording is judged in: who spoke, how, and how well it could be heard. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.features import Waveform
from models.measures import snr_db
from protos.messages import SAMPLE_RATE_HZ

MAIN = ("cv", "l2_adult", "l2_child")
"""The slices whose mean is a model's one number: read sentences of many voices, and learners of two ages."""
SECOND_LANGUAGE = "speechocean762"
LENGTHS_S = (2, 4, 8)
SNRS_DB = (10, 20, 30)


def main_slice(row: Mapping[str, Any]) -> str:
    """By source; speechocean762 by age group."""
    source = str(row.get("source") or "unknown")
    if source == SECOND_LANGUAGE and row.get("age_group"):
        return f"l2_{row['age_group']}"
    return "cv" if source.startswith("cv") else source


def slices_of(row: Mapping[str, Any], waveform: Waveform) -> tuple[str, ...]:
    """Every slice of one recording, the main one first."""
    facts = [f"{key}: {row[key]}" for key in ("accent", "age", "gender") if row.get(key)]
    seconds = len(waveform) / SAMPLE_RATE_HZ
    return (main_slice(row), *facts, f"length: {_band(seconds, LENGTHS_S)} s", f"snr: {_band(snr_db(waveform), SNRS_DB)} dB")


def _band(value: float, edges: Sequence[int]) -> str:
    """The stretch between two edges that `value` lies in; the lower edge belongs to it."""
    if value < edges[0]:
        return f"under {edges[0]}"
    lower = max(edge for edge in edges if edge <= value)
    return f"{lower} to {edges[edges.index(lower) + 1]}" if lower < edges[-1] else f"from {lower}"
