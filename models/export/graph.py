"""A checkpoint's weights -> a channel-last ONNX graph, built node by node. No torch: a random checkpoint needs none either.

Channel-last throughout, so that every convolution and projection is a MatMul over rows and can be quantised as one; torch's exporter would leave
channel-first Conv nodes. B clips, S samples, T frames, H hidden, V outputs.
"""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper

from models.export.blocks import block
from models.export.builder import Builder
from models.export.checkpoint import ROTARY_BLOCKS, Checkpoint, Weights
from models.export.front_end import front_end
from models.export.padding import frame_counts, within
from models.export.positions import add_sinusoids, position_convolution, rotary_tables
from models.export.tensors import Shape

WAVEFORM, LENGTHS, LOGITS = "waveform", "lengths", "logits"
INPUTS = (
    helper.make_tensor_value_info(WAVEFORM, TensorProto.FLOAT, ["batch", "samples"]),
    helper.make_tensor_value_info(LENGTHS, TensorProto.INT64, ["batch"]),
)


def build_graph(checkpoint: Checkpoint, max_samples: int, builder: Builder | None = None) -> onnx.ModelProto:
    """waveform (B, S) float32, each clip with mean 0 and variance 1; lengths (B,) int64, samples of each -> logits (B, T, V) float32.

    What lies beyond a clip's length, and the frames that come of it, mean nothing; a clip shorter than the receptive field has no frame at all.
    max_samples bounds the tables of positions. builder decides how matrix products are written: in float32 by default, in INT8 with an Int8Builder.
    """
    builder = builder or Builder()
    shape, weights = checkpoint.shape, checkpoint.weights
    counts = frame_counts(builder, LENGTHS, shape)
    x = front_end(builder, WAVEFORM, counts[0], shape, weights)
    x = builder.layer_norm(x, "projection.norm", weights, "feature_projection.layer_norm", shape.layer_norm_eps)
    x = builder.dense(x, weights, "feature_projection.projection")
    valid = within(builder, builder.length(x, 1), counts[-1])
    mask = builder.node("Unsqueeze", builder.node("Cast", valid, to=TensorProto.FLOAT), builder.ints(2))
    x = builder.node("Mul", x, mask)
    x = builder.node("Add", x, position_convolution(builder, x, shape, weights))
    if shape.sinusoidal_positions:
        x = add_sinusoids(builder, x, shape, max_samples)
    x = _encoder(builder, x, counts[-1], shape, weights, max_samples)
    return builder.model(INPUTS, builder.dense(x, weights, "lm_head"), LOGITS, shape.outputs)


def _encoder(builder: Builder, x: str, counts: str, shape: Shape, weights: Weights, max_samples: int) -> str:
    """The transformer: (B, T, H) -> (B, T, H). The stable kind has its own norm after the blocks, the other before them."""
    norm = "encoder.norm", weights, "encoder.layer_norm", shape.layer_norm_eps
    tables = rotary_tables(builder, shape, max_samples) if shape.rotary_scale > 0 else None
    if not shape.stable_layer_norm:
        x = builder.layer_norm(x, *norm)
    if shape.attention_sinks:
        counts = builder.node("Add", counts, builder.ints(shape.attention_sinks))
    for number in range(shape.layers):
        x = block(builder, x, counts, shape, weights, number, tables if number < ROTARY_BLOCKS else None)
    return builder.layer_norm(x, *norm) if shape.stable_layer_norm else x
