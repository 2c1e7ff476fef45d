"""A bundle over a manifest -> what confidence is fitted on, and the bundle fitted. The same code reads as in serving."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from models.bundle import Bundle, load_bundle
from models.decode.candidate import Candidate
from models.decode.evidence import Evidence, gather
from models.evaluate.counts import count, matched
from models.evaluate.fit_confidence import Example, fit_confidence
from models.evaluate.scoring import labelled_rows
from models.export.to_bundle import record_confidence
from models.recognizer import Recognizer
from models.text import normalise_text
from models.transcribe import read_waveform
from models.word_times import SpikeLag
from protos.messages import SAMPLE_RATE_HZ

Watch = Callable[[str, Iterable[list[Example]], int], Iterable[list[Example]]]
"""(what is heard, its readings, how many) -> the same readings: where progress is shown."""


def calibrate_bundle(bundle: Path, manifest: Path, limit: int | None, lag_ms: tuple[float | None, float | None], watch: Watch) -> Bundle:
    """lag_ms: of starts and ends, None to keep the bundle's. Raises: BundleError. ConfigurationError: the manifest, or too few recordings in it."""
    loaded, rows = load_bundle(bundle), labelled_rows(manifest, limit)[0]
    lags = zip(lag_ms, (loaded.lag.start, loaded.lag.end), strict=True)
    start, end = (now if ms is None else round(ms * SAMPLE_RATE_HZ / 1000) for ms, now in lags)
    recognizer = Recognizer(loaded)
    heard = [readings for readings in watch(bundle.name, hear(recognizer, manifest, rows), len(rows)) if readings]
    return record_confidence(bundle, fit_confidence(heard, recognizer.decoder, SpikeLag(start, end)))


def hear(recognizer: Recognizer, manifest: Path, rows: list[dict[str, Any]]) -> Iterator[list[Example]]:
    """The readings of each recording, best first, none where nothing is heard; rows: of `labelled_rows`.

    Raises: ConfigurationError: a recording cannot be read. InternalError: the model cannot hear it.
    """
    for row in rows:
        waveform = read_waveform(manifest.parent / row["audio"])
        if not recognizer.bundle.manifest.clock.frames(len(waveform)):
            yield []
            continue
        readings, log_probs = recognizer.read(recognizer.logits(waveform))
        reference, others = normalise_text(row["text"]).split(), max(1, len(readings) - 1)
        found = zip(readings, gather(readings, log_probs, recognizer.head), strict=True)
        yield [_example(candidate, evidence, reference, 1 / others if rank else 1.0) for rank, (candidate, evidence) in enumerate(found)]


def _example(candidate: Candidate, evidence: Evidence, reference: list[str], weight: float) -> Example:
    accuracy = max(0.0, 1 - count(reference, candidate.words).errors / len(reference))
    return Example(evidence, tuple(matched(reference, candidate.words)), accuracy, weight)
