"""onnxruntime, float32: torch's export as it is."""

from __future__ import annotations

from benchmarks.engines.job import Hear, Job
from benchmarks.engines.onnx_sessions import onnx_sessions


def sessions(job: Job) -> list[Hear]:
    return onnx_sessions(job.export)
