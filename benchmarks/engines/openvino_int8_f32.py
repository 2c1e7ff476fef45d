"""OpenVINO's INT8, the rest in f32, compiled for one length of clip."""

from __future__ import annotations

from benchmarks.engines.job import Hear, Job
from benchmarks.engines.openvino_int8 import openvino_sessions


def sessions(job: Job) -> list[Hear]:
    return openvino_sessions(job, "f32", fixed_length=True)
