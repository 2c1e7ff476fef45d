"""The convolutional front end: waveform -> frames of features. Layer norm after every convolution, or group norm after the first alone."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto

from models.export.builder import Array, Builder
from models.export.checkpoint import Weights
from models.export.padding import within
from models.export.tensors import Shape

# transformers' conv layers use torch's default epsilon, whatever layer_norm_eps says.
EPSILON = 1e-5
# Samples. A first layer as slow as this is a bank of filters. Its outputs are as uneven as speech is loud, and the norm behind the next layer raises
# quiet frames to the size of loud ones: on 255 levels they lose more than all else that is quantised (benchmarks/LOG.md). Its frames are few, so
# sixteen bits are cheap.
FILTER_BANK_STRIDE = 80


def _conv_layer(number: int) -> str:
    """Prefix of the names of a conv layer's tensors, in the checkpoint and in the graph."""
    return f"feature_extractor.conv_layers.{number}"


def front_end(builder: Builder, waveform: str, first_counts: str, shape: Shape, weights: Weights) -> str:
    """waveform: (B, S); first_counts: (B,) frames of each clip after layer 0 -> (B, T, C)."""
    x, channels = builder.node("Unsqueeze", waveform, builder.ints(2)), 1
    for number, (width, kernel, stride) in enumerate(zip(shape.conv_dim, shape.conv_kernel, shape.conv_stride, strict=True)):
        name = _conv_layer(number)
        weight = weights[f"{name}.conv.weight"].transpose(2, 1, 0).reshape(kernel * channels, width)
        if number:
            filters = number == 1 and shape.conv_norm == "layer" and shape.conv_stride[0] >= FILTER_BANK_STRIDE
            x = (builder.fine_activation if filters else builder.activation)(x, f"{name}.conv")
        x = builder.windows(x, kernel, stride, channels)
        if shape.conv_norm == "group" and number == 0:
            x = _normalised_product(builder, x, first_counts, weight, weights[f"{name}.layer_norm.weight"], weights[f"{name}.layer_norm.bias"])
        else:
            x = builder.linear(x, f"{name}.conv", weight, weights.get(f"{name}.conv.bias"))
        if shape.conv_norm == "layer":
            x = builder.layer_norm(x, f"{name}.layer_norm", weights, f"{name}.layer_norm", EPSILON)
        x, channels = builder.gelu(x), width
    return x


def _normalised_product(builder: Builder, x: str, counts: str, weight: Array, gain: Array, shift: Array) -> str:
    """x: (B, T, K) windows of samples -> group_norm(x @ weight), (B, T, C), without a pass over its C columns.

    A product's mean and variance over time follow from those of its K inputs: mean m -> m w, covariance S -> w' S w. So every column's scale is
    known before the product and goes into the weight; the shift comes as one more input that is always 1. The convolution's bias cancels. Only a
    clip's own frames count, whatever it is padded with.
    """
    valid = builder.node("Cast", within(builder, builder.length(x, 1), counts), to=TensorProto.FLOAT)
    mask = builder.node("Unsqueeze", valid, builder.ints(2))
    x = builder.node("Mul", x, mask)
    count = builder.reshape(builder.node("Cast", counts, to=TensorProto.FLOAT), -1, 1, 1)
    mean = builder.node("Div", builder.node("ReduceSum", x, builder.ints(1)), count)
    second = builder.node("Div", builder.node("MatMul", builder.node("Transpose", x, perm=[0, 2, 1]), x), count)
    covariance = builder.node("Sub", second, builder.node("MatMul", builder.node("Transpose", mean, perm=[0, 2, 1]), mean))
    w = builder.constant("first.weight", weight.astype(np.float32))
    variance = builder.node("ReduceSum", builder.node("Mul", builder.node("MatMul", covariance, w), w), builder.ints(1))
    # Rounding may leave a silent channel a hair below nothing.
    variance = builder.node("Add", builder.node("Relu", variance), builder.constant("first.epsilon", np.array([EPSILON], np.float32)))
    scale = builder.node("Div", builder.constant("first.gain", gain), builder.node("Sqrt", variance))
    moved = builder.node("Mul", builder.node("MatMul", mean, w), scale)
    bias = builder.node("Sub", builder.constant("first.shift", shift), moved)
    scaled = builder.node("Concat", builder.node("Mul", w, scale), bias, axis=1)
    return builder.node("MatMul", builder.node("Concat", x, mask, axis=2), scaled)
