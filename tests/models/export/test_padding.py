"""Frames are counted from each clip's own length."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from models.export.builder import Builder
from models.export.padding import frame_counts, within
from tests.models.tiny import SHAPE

LENGTHS = helper.make_tensor_value_info("lengths", TensorProto.INT64, ["batch"])


def run(builder: Builder, output: str, lengths: list[int]) -> np.ndarray:
    model = builder.model([LENGTHS], builder.node("Cast", output, to=TensorProto.FLOAT), "y", 1)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"lengths": np.array(lengths)})[0])


@pytest.mark.parametrize(
    "shape", [SHAPE, replace(SHAPE, conv_stride=(5, 1, 1)), replace(SHAPE, conv_dim=(6,), conv_kernel=(320,), conv_stride=(64,))]
)
def test_the_last_count_is_the_clocks(shape: type(SHAPE)) -> None:
    field = shape.clock.receptive_field_samples
    lengths = [field, field + 1, field + 999, 48_000]
    builder = Builder()
    counts = run(builder, frame_counts(builder, "lengths", shape)[-1], lengths)
    assert counts.tolist() == [shape.clock.frames(samples) for samples in lengths]


def test_frames_before_a_clips_end_are_its_own() -> None:
    builder = Builder()
    valid = run(builder, within(builder, builder.ints(4), "lengths"), [4, 2, 0, -1, 9])
    assert valid.astype(int).tolist() == [[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]]
