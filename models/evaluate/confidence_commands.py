"""harken-models calibrate-confidence. Reads flags, shows progress, prints; everything else is elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from models.evaluate.commands import LimitOption, watched
from models.extras import needs_extra

LagOption = Annotated[float | None, typer.Option(help="Milliseconds, as `harken-bench word-times` finds it; default: what the bundle has, else 0.")]


def calibrate_confidence(
    bundle: Annotated[Path, typer.Argument(help="Bundle directory; its confidence.json is replaced, its verdict is dropped.")],
    manifest: Annotated[Path, typer.Option(help="JSONL with audio and text: recordings that it was neither trained on nor is judged by.")],
    start_lag_ms: LagOption = None,
    end_lag_ms: LagOption = None,
    limit: LimitOption = None,
) -> None:
    """Fit confidence to what a bundle gets right, of words and of whole readings; once for every new bundle, decoder or language model.

    \b
    harken-models calibrate-confidence my-model --manifest ../shared/speech/dev.jsonl
    """
    with needs_extra("calibrating", "dev"):
        from models.evaluate.examples import calibrate_bundle  # noqa: PLC0415 - a server has neither rapidfuzz nor onnx
    made = calibrate_bundle(bundle, manifest, limit, (start_lag_ms, end_lag_ms), watched)
    assert made.confidence is not None  # noqa: S101 - just written
    print(f"{bundle}: confidence of {made.confidence.decoder} readings fitted on {made.confidence.recordings} recordings; sha256 {made.sha256}")
