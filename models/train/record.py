"""What a run says of itself: a line in log.jsonl for every stretch and judgement, and curves.svg drawn from those lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.train.plot import Series, curves
from models.transcribe import read_rows

Rates = dict[str, dict[str, float]]
"""Head -> slice -> errors over tokens, as a fraction."""

LOG, PLOT = "log.jsonl", "curves.svg"


class Record:
    """Goes on with the log that is there, so that a resumed run has one curve."""

    def __init__(self, run: Path) -> None:
        self._log, self._plot = run / LOG, run / PLOT
        self._rows: list[dict[str, Any]] = list(read_rows(self._log)) if self._log.is_file() else []

    def stretch(self, step: int, audio_hours: float, losses: Mapping[str, float], speed: float) -> None:
        """losses: means over the steps since the last stretch. speed: audio seconds a second."""
        rounded = {name: round(value, 4) for name, value in losses.items()}
        self._add({"step": step, "audio_hours": round(audio_hours, 4), "losses": rounded, "audio_seconds_per_second": round(speed, 1)})

    def judgement(self, step: int, audio_hours: float, rates: Rates) -> None:
        rounded = {head: {part: round(rate, 4) for part, rate in parts.items()} for head, parts in rates.items()}
        self._add({"step": step, "audio_hours": round(audio_hours, 4), "error_rates": rounded})

    def _add(self, row: dict[str, Any]) -> None:
        self._rows.append(row)
        with self._log.open("a") as file:
            file.write(json.dumps(row) + "\n")
        beside = self._plot.with_suffix(".new")
        beside.write_text(curves(panels(self._rows), "hours of audio heard"))
        beside.replace(self._plot)


def panels(rows: list[dict[str, Any]]) -> dict[str, dict[str, Series]]:
    """Rows of the log -> losses in one panel, error rates of each head in one."""
    drawn: dict[str, dict[str, list[tuple[float, float]]]] = {"losses (nats a symbol; regression)": {}}
    (losses,) = drawn.values()
    for row in rows:
        for name, value in row.get("losses", {}).items():
            losses.setdefault(name, []).append((row["audio_hours"], value))
        for head, parts in row.get("error_rates", {}).items():
            for part, rate in parts.items():
                drawn.setdefault(f"error rate of {head}", {}).setdefault(part, []).append((row["audio_hours"], rate))
    return {title: dict(lines) for title, lines in drawn.items()}
