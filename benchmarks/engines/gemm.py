"""The roof: nothing but one u8 x s8 matrix product over and over, by MLAS, the library inside onnxruntime that our models run on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from benchmarks.engines.job import STREAMS, Hear, Job
from benchmarks.engines.onnx_sessions import one_thread_session

# Of those tried, MLAS is fastest at this one (measured).
ROWS, INNER, COLUMNS = 1000, 3072, 768
PRODUCTS = 4
MULTIPLY_ADDS = PRODUCTS * ROWS * INNER * COLUMNS
"""Of one call."""


def sessions(job: Job) -> list[Hear]:
    """Each call multiplies, whatever it is given to hear."""
    path = job.export.with_suffix(".gemm.onnx")
    _write_graph(path)
    return [_multiply(path) for _ in range(STREAMS)]


def _multiply(path: Path) -> Hear:
    session = one_thread_session(path)
    rows = np.random.default_rng(1).integers(0, 256, (ROWS, INNER), np.uint8)
    return lambda waveform: [session.run(None, {"rows": rows})[0] for _ in range(PRODUCTS)][-1]  # noqa: ARG005


def _write_graph(path: Path) -> None:
    weight = np.random.default_rng(0).integers(-127, 128, (INNER, COLUMNS), np.int8)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["rows", "weight"], ["sums"])],
        "gemm",
        [helper.make_tensor_value_info("rows", TensorProto.UINT8, [ROWS, INNER])],
        [helper.make_tensor_value_info("sums", TensorProto.INT32, [ROWS, COLUMNS])],
        [numpy_helper.from_array(weight, "weight")],
    )
    path.write_bytes(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10).SerializeToString())
    onnx.checker.check_model(path)
