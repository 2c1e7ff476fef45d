"""Which frames of a padded batch belong to a clip. Frames are counted from each clip's own length, never from the batch's."""

from __future__ import annotations

import numpy as np

from models.export.builder import Builder
from models.export.tensors import Shape


def frame_counts(builder: Builder, lengths: str, shape: Shape) -> list[str]:
    """lengths: (B,) samples -> frames after each conv layer, (B,) int64 each; 0 or less where a clip is shorter than the receptive field."""
    counts, count = [], lengths
    for kernel, stride in zip(shape.conv_kernel, shape.conv_stride, strict=True):
        strides = builder.node("Div", builder.node("Sub", count, builder.ints(kernel)), builder.ints(stride))
        count = builder.node("Add", strides, builder.ints(1))
        counts.append(count)
    return counts


def within(builder: Builder, length: str, counts: str) -> str:
    """length: (1,) T of the batch; counts: (B,) frames of each clip -> (B, T) bool, true before the clip's end."""
    zero, one = (builder.constant(name, np.array(value, np.int64)) for name, value in (("zero", 0), ("one", 1)))
    steps = builder.node("Range", zero, builder.node("Squeeze", length), one)
    return builder.node("Less", steps, builder.node("Unsqueeze", counts, builder.ints(1)))
