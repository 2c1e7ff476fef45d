"""onnxruntime's own quantize_dynamic of torch's export: what most people do."""

from __future__ import annotations

from onnxruntime.quantization import QuantType, quantize_dynamic

from benchmarks.engines.job import Hear, Job
from benchmarks.engines.onnx_sessions import onnx_sessions


def sessions(job: Job) -> list[Hear]:
    quantized = job.export.with_suffix(".dynamic.onnx")
    # Convolutions stay float32: onnxruntime's ConvInteger is slower than its float Conv, and the peer is to have its best form.
    quantize_dynamic(job.export, quantized, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm"])
    return onnx_sessions(quantized)
