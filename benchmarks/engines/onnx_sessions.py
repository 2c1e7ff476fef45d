"""One-thread onnxruntime sessions over one graph, set up as the recogniser's are."""

from __future__ import annotations

from pathlib import Path

import onnxruntime as ort

from benchmarks.engines.job import STREAMS, Hear


def onnx_sessions(graph: Path) -> list[Hear]:
    """graph: (1, S) float32 -> (1, T, V) float32."""
    return [_hear(one_thread_session(graph)) for _ in range(STREAMS)]


def one_thread_session(graph: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _hear(session: ort.InferenceSession) -> Hear:
    name = session.get_inputs()[0].name
    return lambda waveform: session.run(None, {name: waveform[None]})[0][0]
