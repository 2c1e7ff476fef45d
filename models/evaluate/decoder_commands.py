"""harken-models tune-decoder. Reads flags, shows progress, prints; everything else is elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from models.bundle import Bundle, load_bundle
from models.decode.decoder import Decoder
from models.decode.weights import UNTUNED
from models.evaluate.commands import LimitOption, watched
from models.extras import needs_extra
from models.recognizer import Recognizer
from models.text import normalise_text
from models.transcribe import read_waveform
from protos.errors import ConfigurationError

if TYPE_CHECKING:
    from models.evaluate.fit_weights import Choice

TEMPERATURES = (1.0, 1.4, 2.0)
"""The word error rate is flat between them (benchmarks/LOG.md)."""


def tune_decoder(
    bundle: Annotated[Path, typer.Argument(help="Bundle directory; its decoder.json is replaced, its confidence and its verdict are dropped.")],
    manifest: Annotated[Path, typer.Option(help="JSONL with audio and text: recordings that it was neither trained on nor is judged by.")],
    limit: LimitOption = None,
) -> None:
    """Fit how sure the network is taken to be, and how much heads, language model and word count weigh. Confidence wants another fit after it.

    \b
    harken-models tune-decoder my-model --manifest ../shared/speech/dev.jsonl
    harken-models calibrate-confidence my-model --manifest ../shared/speech/dev.jsonl
    """
    made, rates = tune_bundle(bundle, manifest, limit)
    print(f"{bundle}: {made.weights}; word error rate {rates[0]:.1%} -> {rates[1]:.1%}; sha256 {made.sha256}")


def tune_bundle(bundle: Path, manifest: Path, limit: int | None = None) -> tuple[Bundle, tuple[float, float]]:
    """Also returns the word error rates before and after. Raises: BundleError. ConfigurationError: no decoder to tune, or too few recordings."""
    with needs_extra("tuning", "dev"):
        from models.evaluate import fit_weights, scoring  # noqa: PLC0415 - a server has neither rapidfuzz nor onnx
        from models.export.to_bundle import record_weights  # noqa: PLC0415
    loaded = load_bundle(bundle)
    recognizer, rows = Recognizer(loaded), scoring.labelled_rows(manifest, limit)[0]
    before = loaded.weights or UNTUNED
    temperatures = sorted({before.temperature, *TEMPERATURES})
    heard: dict[float, list[Choice]] = {temperature: [] for temperature in temperatures}
    for choices in watched(bundle.name, hear(recognizer, manifest, rows, temperatures), len(rows)):
        for temperature, choice in choices.items():
            heard[temperature].append(choice)
    # From the same start every time: what an earlier tuning found is no evidence.
    tried = [fit_weights.fit_weights(heard[temperature], replace(UNTUNED, temperature=temperature)) for temperature in TEMPERATURES]
    weights = min(tried, key=lambda made: fit_weights.word_error_rate(heard[made.temperature], made))
    rates = [fit_weights.word_error_rate(heard[made.temperature], made) for made in (before, weights)]
    return record_weights(bundle, weights, len(heard[weights.temperature])), (rates[0], rates[1])


def hear(recognizer: Recognizer, manifest: Path, rows: list[dict[str, Any]], temperatures: Sequence[float]) -> Iterator[dict[float, Choice]]:
    """rows: of `labelled_rows`. Of each, what may be chosen from at each temperature; where no reading was found there is nothing.

    Raises: ConfigurationError: no decoder to tune.
    """
    from models.evaluate.counts import count  # noqa: PLC0415 - rapidfuzz is not a serving dependency
    from models.evaluate.fit_weights import Choice  # noqa: PLC0415
    from models.evaluate.slices import main_slice  # noqa: PLC0415

    if not isinstance(recognizer.reader, Decoder):
        raise ConfigurationError(f"{recognizer.bundle.path}: has no language model to weigh; `harken-models lm attach` gives it one")
    for row in rows:
        logits, reference = recognizer.logits(read_waveform(manifest.parent / row["audio"])), normalise_text(row["text"]).split()
        choices = {}
        for temperature in temperatures:
            readings, numbers = recognizer.reader.weigh(logits, temperature)
            errors = np.array([count(reference, reading.words).errors for reading in readings])
            if readings:
                choices[temperature] = Choice(main_slice(row), len(reference), errors, numbers)
        yield choices
