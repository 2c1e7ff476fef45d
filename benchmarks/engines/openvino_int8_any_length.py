"""OpenVINO's INT8, the rest in bf16, for clips of any length, as a server would need it."""

from __future__ import annotations

from benchmarks.engines.job import Hear, Job
from benchmarks.engines.openvino_int8 import openvino_sessions


def sessions(job: Job) -> list[Hear]:
    return openvino_sessions(job, "bf16", fixed_length=False)
