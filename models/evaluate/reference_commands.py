"""harken-models reference: reads flags, shows progress; everything else is elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from models.bundle import load_bundle
from models.evaluate.commands import watched
from models.evaluate.slices import main_slice
from models.extras import needs_extra
from models.features import pcm_to_waveform
from models.measures import measures
from models.recognizer import Recognizer
from models.reference import ALL, EDGES, Reference, reference_of
from models.transcribe import read_pcm


def reference(
    bundle: Annotated[Path, typer.Argument(help="Bundle directory; its reference.json is replaced, its verdict is dropped.")],
    manifest: Annotated[Path, typer.Option(help="JSONL of recordings like those that users send; texts are not needed.")],
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many recordings, evenly spread.")] = None,
) -> None:
    """What segments are like where this model is good: level, SNR, pitch, rate, length, blanks, confidence; drift is measured against it.

    \b
    harken-models reference my-model --manifest ../shared/speech/dev.jsonl
    """
    with needs_extra("writing a bundle", "dev"):
        from models.evaluate.scoring import recorded_rows  # noqa: PLC0415 - a server has neither rapidfuzz nor onnx
        from models.export.to_bundle import record_reference  # noqa: PLC0415
    rows = recorded_rows(manifest, limit)
    made = reference_of(watched(bundle.name, _measured(Recognizer(load_bundle(bundle)), manifest, rows), len(rows)))
    print(f"{bundle}: sha256 of the bundle {record_reference(bundle, made).sha256}")
    print("\n".join(as_lines(made)))


def _measured(recognizer: Recognizer, manifest: Path, rows: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, float]]]:
    for row in rows:
        pcm = read_pcm(manifest.parent / row["audio"])
        yield main_slice(row), measures(pcm_to_waveform(pcm), recognizer.recognize(pcm, 0))


def as_lines(made: Reference) -> Iterator[str]:
    """For people: of every measure, the bin that holds the middle recording of each slice."""
    for name, total in made.recordings.items():
        middles = ", ".join(f"{measure} {_middle(measure, made.counts[name][measure])}" for measure in EDGES if any(made.counts[name][measure]))
        yield f"{name:10s}{total:5d} recordings, {made.share_without(name, 'confidence'):.1%} empty; in the middle: {middles}"
    yield f"({ALL} are all recordings)"


def _middle(measure: str, bins: tuple[int, ...]) -> str:
    edges, seen = EDGES[measure], 0
    for at, count in enumerate(bins):
        seen += count
        if 2 * seen >= sum(bins):
            low, high = edges[at - 1] if at else None, edges[at] if at < len(edges) else None
            return f"{low:g}..{high:g}" if low is not None and high is not None else f"under {high:g}" if low is None else f"from {low:g}"
    return "none"
