"""A checkpoint's weights -> a channel-last ONNX graph, built node by node. No torch: a random checkpoint needs none either.

Channel-last throughout, so that every convolution and projection is a MatMul over rows and can be quantised as one; torch's exporter would leave
channel-first Conv nodes. T frames, H hidden, N heads, D head size.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import onnx

from models.export.builder import Builder
from models.export.checkpoint import ROTARY_BLOCKS, ROTARY_DIMENSIONS, Checkpoint, Weights
from models.export.tensors import POSITION_CONV, Shape

ROTARY_BASE = 10_000.0
INPUT, OUTPUT = "waveform", "logits"


def build_graph(checkpoint: Checkpoint, max_samples: int, builder: Builder | None = None) -> onnx.ModelProto:
    """waveform (1, S) float32, mean 0 and variance 1 -> logits (1, T, V) float32.

    max_samples bounds the rotary tables. builder decides how matrix products are written: in float32 by default, in INT8 with an Int8Builder.
    """
    builder = builder or Builder()
    shape, weights = checkpoint.shape, checkpoint.weights
    x = _front_end(builder, shape, weights)
    x = builder.layer_norm(x, "projection.norm", *_pair(weights, "feature_projection.layer_norm"), shape.layer_norm_eps)
    x = _linear(builder, x, weights, "feature_projection.projection")
    x = builder.node("Add", x, _position_convolution(builder, x, shape, weights))
    tables = _rotary_tables(builder, x, shape, max_samples) if shape.rotary_scale > 0 else None
    for number in range(shape.layers):
        x = _block(builder, x, shape, weights, number, tables if number < ROTARY_BLOCKS else None)
    x = builder.layer_norm(x, "encoder.norm", *_pair(weights, "encoder.layer_norm"), shape.layer_norm_eps)
    return builder.model(INPUT, _linear(builder, x, weights, "lm_head"), OUTPUT, shape.outputs)


def conv_layer(number: int) -> str:
    """Prefix of the names of a conv layer's tensors, in the checkpoint and in the graph."""
    return f"feature_extractor.conv_layers.{number}"


def _front_end(builder: Builder, shape: Shape, weights: Weights) -> str:
    """Convolution, layer norm, GELU for each layer: (1, S) -> (1, T, C)."""
    x, channels = builder.reshape(INPUT, 1, -1, 1), 1
    for number, (width, kernel, stride) in enumerate(zip(shape.conv_dim, shape.conv_kernel, shape.conv_stride, strict=True)):
        name = conv_layer(number)
        weight = weights[f"{name}.conv.weight"].transpose(2, 1, 0).reshape(kernel * channels, width)
        if number:
            x = builder.activation(x, f"{name}.conv")
        x = builder.windows(x, kernel, stride, channels)
        x = builder.linear(x, f"{name}.conv", weight, weights[f"{name}.conv.bias"])
        # transformers' Wav2Vec2LayerNormConvLayer uses torch's default epsilon, whatever layer_norm_eps says.
        x = builder.gelu(builder.layer_norm(x, f"{name}.layer_norm", *_pair(weights, f"{name}.layer_norm"), 1e-5))
        channels = width
    return x


def _position_convolution(builder: Builder, x: str, shape: Shape, weights: Weights) -> str:
    """Grouped convolution over time, same length: padded by half a kernel, the last frame of an even kernel dropped."""
    kernel, name = shape.position_kernel, POSITION_CONV
    weight = builder.constant(f"{name}.weight", weights[f"{name}.weight"])
    bias = builder.constant(f"{name}.bias", weights[f"{name}.bias"])
    y = builder.node("Conv", builder.node("Transpose", x, perm=[0, 2, 1]), weight, bias, group=shape.position_groups, pads=[kernel // 2, kernel // 2])
    if kernel % 2 == 0:
        y = builder.slice(y, builder.ints(0), builder.ints(-1), axis=2)
    return builder.gelu(builder.node("Transpose", y, perm=[0, 2, 1]))


def _block(builder: Builder, x: str, shape: Shape, weights: Weights, number: int, tables: tuple[str, str] | None) -> str:
    """Pre-norm transformer block: (1, T, H) -> (1, T, H)."""
    name = f"encoder.layers.{number}"
    y = builder.layer_norm(x, f"{name}.layer_norm", *_pair(weights, f"{name}.layer_norm"), shape.layer_norm_eps)
    y = builder.activation(y, f"{name}.attention")
    query, key, value = (_project(builder, y, shape, weights, f"{name}.attention.{part}_proj", tables if part != "v" else None) for part in "qkv")
    y = builder.node("MultiHeadAttention", query, key, value, domain="com.microsoft", num_heads=shape.heads)
    x = builder.node("Add", x, _linear(builder, y, weights, f"{name}.attention.out_proj"))
    y = builder.layer_norm(x, f"{name}.final_layer_norm", *_pair(weights, f"{name}.final_layer_norm"), shape.layer_norm_eps)
    y = builder.gelu(_linear(builder, y, weights, f"{name}.feed_forward.intermediate_dense"))
    return builder.node("Add", x, _linear(builder, y, weights, f"{name}.feed_forward.output_dense"))


def _project(builder: Builder, x: str, shape: Shape, weights: Weights, name: str, tables: tuple[str, str] | None) -> str:
    """Query, key or value: (1, T, H); turned by position where there are tables.

    Pairs are interleaved in the checkpoint. Query and key are permuted alike within each head, which no dot product notices, so that the two halves
    of all pairs lie side by side: turning is then x * cos + swap(x) * sin with one split, instead of a gather.
    """
    weight, bias = weights[f"{name}.weight"].T, weights[f"{name}.bias"]
    if tables is None:
        return builder.linear(x, name, weight, bias)
    order = (np.arange(shape.heads)[:, None] * shape.head_size + _halves(shape.head_size)).ravel()
    y = builder.linear(x, name, weight[:, order], bias[order])
    y = builder.reshape(y, 0, 0, shape.heads, shape.head_size)
    half, rest = ROTARY_DIMENSIONS // 2, shape.head_size - ROTARY_DIMENSIONS
    parts = builder.nodes("Split", 3 if rest else 2, y, builder.ints(half, half, *([rest] if rest else [])), axis=3)
    swapped = builder.node("Concat", parts[1], parts[0], *parts[2:], axis=3)
    turned = builder.node("Add", builder.node("Mul", y, tables[0]), builder.node("Mul", swapped, tables[1]))
    return builder.reshape(turned, 0, 0, shape.hidden_size)


def _halves(head_size: int) -> npt.NDArray[np.int64]:
    """Even dimensions, odd dimensions, those that are not turned."""
    return np.concatenate([np.arange(0, ROTARY_DIMENSIONS, 2), np.arange(1, ROTARY_DIMENSIONS, 2), np.arange(ROTARY_DIMENSIONS, head_size)])


def _rotary_tables(builder: Builder, x: str, shape: Shape, max_samples: int) -> tuple[str, str]:
    """cos and signed sin, (T, 1, D) each, cut to the input's length."""
    frames = shape.clock.frames(max_samples)
    # In float32 throughout, as in training: rounded otherwise, the angles of late frames would differ from what the weights were trained with.
    frequencies = np.float32(1) / np.float32(ROTARY_BASE) ** (np.arange(0, ROTARY_DIMENSIONS, 2, dtype=np.float32) / np.float32(ROTARY_DIMENSIONS))
    angle = np.arange(frames, dtype=np.float32)[:, None] * frequencies[None] * np.float32(shape.rotary_scale)
    still = np.zeros((frames, shape.head_size - ROTARY_DIMENSIONS), np.float32)
    cosine = np.concatenate([np.cos(angle), np.cos(angle), still + 1], 1)[:, None]
    sine = np.concatenate([-np.sin(angle), np.sin(angle), still], 1)[:, None]
    length = builder.length(x, 1)
    cut = [
        builder.slice(builder.constant(f"rotary.{name}", table), builder.ints(0), length, axis=0) for name, table in (("cos", cosine), ("sin", sine))
    ]
    return cut[0], cut[1]


def _linear(builder: Builder, x: str, weights: Weights, name: str) -> str:
    return builder.linear(builder.activation(x, name), name, weights[f"{name}.weight"].T, weights[f"{name}.bias"])


def _pair(weights: Weights, name: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    return weights[f"{name}.weight"], weights[f"{name}.bias"]
