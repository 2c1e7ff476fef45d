"""OpenVINO with NNCF's INT8: the fastest peer. torch's export, quantised on real recordings."""

from __future__ import annotations

from pathlib import Path

import nncf
import openvino

from benchmarks.engines.job import STREAMS, Hear, Job


def openvino_sessions(job: Job, precision: str, *, fixed_length: bool) -> list[Hear]:
    """precision: bf16 or f32, of what is not INT8. fixed_length: compiled for clips of this one length, 1.5 times as fast; no server could."""
    config = {
        "PERFORMANCE_HINT": "THROUGHPUT",
        "NUM_STREAMS": str(STREAMS),
        "INFERENCE_NUM_THREADS": str(STREAMS),
        "INFERENCE_PRECISION_HINT": precision,
    }
    core = openvino.Core()
    model = core.read_model(quantized(job))
    if fixed_length:
        model.reshape([1, len(job.clips[0])])
    compiled = core.compile_model(model, "CPU", config)
    return [_hear(compiled) for _ in range(STREAMS)]


def quantized(job: Job) -> Path:
    """NNCF's INT8 of torch's export; the first to ask makes it."""
    path = job.export.with_suffix(".nncf.xml")
    if not path.exists():
        clips = nncf.Dataset([clip[None] for clip in job.clips])
        model = nncf.quantize(openvino.Core().read_model(job.export), clips, model_type=nncf.ModelType.TRANSFORMER)
        openvino.save_model(model, path, compress_to_fp16=False)
    return path


def _hear(compiled: openvino.CompiledModel) -> Hear:
    request = compiled.create_infer_request()
    return lambda waveform: request.infer([waveform[None]])[0][0].copy()
