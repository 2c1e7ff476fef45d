"""What a run without faults hears: by the stub's rule, or by the shipped bundle itself, asked here for the same samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchmarks.faults.checker import Expected
from benchmarks.faults.speech import Speech
from benchmarks.faults.stub import transcript_of
from cloud_server.worker_process import load_recogniser
from models.bundle import default_bundle_dir

Speeches = Mapping[str, Speech]
"""By speaker."""


def stub_words(speeches: Speeches) -> Expected:
    return lambda speaker, start_sample, end_sample: transcript_of(speeches[speaker].samples(start_sample, end_sample))


def real_words(speeches: Speeches) -> Expected:
    recogniser, _ = load_recogniser(str(default_bundle_dir()))

    def expected(speaker: str, start_sample: int, end_sample: int) -> str:
        alternatives = recogniser.recognize(speeches[speaker].samples(start_sample, end_sample), start_sample).alternatives
        return alternatives[0].transcript if alternatives else ""

    return expected


WORDS: dict[str, Callable[[Speeches], Expected]] = {"stub": stub_words, "real": real_words}
"""By the name of the model."""
