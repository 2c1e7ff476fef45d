"""Ours: the bundle through the recogniser that serves it."""

from __future__ import annotations

from benchmarks.engines.job import STREAMS, Hear, Job
from models.bundle import load_bundle
from models.recognizer import Recognizer


def sessions(job: Job) -> list[Hear]:
    return [Recognizer(load_bundle(job.bundle)).logits for _ in range(STREAMS)]
