"""The one operation of the builder that is not an operator's own: windows."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
from hypothesis import given, settings
from hypothesis import strategies as st

from models.export.builder import Builder
from models.export.graph import INPUTS


@given(st.integers(1, 9), st.integers(1, 6), st.integers(1, 3), st.integers(0, 30))
@settings(max_examples=40, deadline=None)
def test_windows_are_the_frames_a_convolution_sees(kernel: int, stride: int, channels: int, more: int) -> None:
    builder, samples = Builder(), kernel * channels + more * channels
    signal = builder.reshape("waveform", 1, -1, channels)
    model = builder.model(INPUTS[:1], builder.windows(signal, kernel, stride, channels), "windows", kernel * channels)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    x = np.arange(samples, dtype=np.float32)
    rows = x.reshape(-1, channels)
    expected = [rows[at : at + kernel].ravel() for at in range(0, len(rows) - kernel + 1, stride)]
    np.testing.assert_array_equal(session.run(None, {"waveform": x[None]})[0][0], expected)


def test_a_constant_is_stored_once() -> None:
    builder = Builder()
    assert builder.ints(1, 2) == builder.ints(1, 2)
    output = builder.slice("waveform", builder.ints(0), builder.ints(5), axis=1)
    model = builder.model(INPUTS[:1], output, "logits", 5)
    names = [tensor.name for tensor in model.graph.initializer]
    assert sorted(names) == sorted(set(names))
