"""Which groups a recording is judged in: who spoke, how, and how well it could be heard. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.features import Waveform
from protos.messages import SAMPLE_RATE_HZ

MAIN = ("cv", "l2_adult", "l2_child")
"""The slices whose mean is a model's one number: read sentences of many voices, and learners of two ages."""
SECOND_LANGUAGE = "speechocean762"
LENGTHS_S = (2, 4, 8)
SNRS_DB = (10, 20, 30)
SNR_FRAME = SAMPLE_RATE_HZ // 50
# -80 dB of full scale. Quieter is digital silence, put around the speech by a program: it says nothing about the room.
SILENCE_POWER = 1e-8


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


def snr_db(waveform: Waveform) -> float:
    """Loud frames (95th percentile of the power of 20 ms) over quiet ones (10th), digital silence left out; 0 where nothing is left.

    An estimate: it needs pauses to hear the room.
    """
    frames = waveform[: len(waveform) // SNR_FRAME * SNR_FRAME].reshape(-1, SNR_FRAME).astype(np.float64)
    power = np.square(frames).mean(axis=1)
    audible = power[power > SILENCE_POWER]
    if not len(audible):
        return 0.0
    loud, quiet = np.percentile(audible, (95, 10))
    return float(10 * np.log10(loud / quiet))


def _band(value: float, edges: Sequence[int]) -> str:
    """The stretch between two edges that `value` lies in; the lower edge belongs to it."""
    if value < edges[0]:
        return f"under {edges[0]}"
    lower = max(edge for edge in edges if edge <= value)
    return f"{lower} to {edges[edges.index(lower) + 1]}" if lower < edges[-1] else f"from {lower}"
