"""A Wav2Vec2-CTC forward pass by its definitions, in float64 with loops: slow, and written without looking at the exporter's tricks."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from models.export.tensors import Shape

Array = npt.NDArray[np.float64]


def reference_logits(waveform: npt.NDArray[np.floating], tensors: dict[str, npt.NDArray[np.floating]], shape: Shape) -> Array:
    """(S,) -> (T, V); tensors as in the checkpoint file."""
    w = {name.removeprefix("wav2vec2."): array.astype(np.float64) for name, array in tensors.items()}
    x = np.asarray(waveform, np.float64)[:, None]
    for number, (kernel, stride) in enumerate(zip(shape.conv_kernel, shape.conv_stride, strict=True)):
        name = f"feature_extractor.conv_layers.{number}"
        x = convolve(x, w[f"{name}.conv.weight"], stride) + w[f"{name}.conv.bias"]
        x = gelu(layer_norm(x, w, f"{name}.layer_norm", 1e-5))
        assert kernel == w[f"{name}.conv.weight"].shape[2]
    x = layer_norm(x, w, "feature_projection.layer_norm", shape.layer_norm_eps)
    x = linear(x, w, "feature_projection.projection")
    x = x + gelu(position_convolution(x, w, shape))
    for number in range(shape.layers):
        name = f"encoder.layers.{number}"
        y = layer_norm(x, w, f"{name}.layer_norm", shape.layer_norm_eps)
        x = x + attention(y, w, f"{name}.attention", shape, rotary=number < 6)
        y = layer_norm(x, w, f"{name}.final_layer_norm", shape.layer_norm_eps)
        x = x + linear(gelu(linear(y, w, f"{name}.feed_forward.intermediate_dense")), w, f"{name}.feed_forward.output_dense")
    return linear(layer_norm(x, w, "encoder.layer_norm", shape.layer_norm_eps), w, "lm_head")


def convolve(x: Array, weight: Array, stride: int) -> Array:
    """(T, C) with (D, C, K) -> (O, D)."""
    kernel = weight.shape[2]
    return np.array([[(x[at : at + kernel] * one.T).sum() for one in weight] for at in range(0, len(x) - kernel + 1, stride)])


def position_convolution(x: Array, w: dict[str, Array], shape: Shape) -> Array:
    """Same length: half a kernel of zeros on both sides, an even kernel's last frame dropped."""
    prefix, kernel, groups = "encoder.pos_conv_embed.conv", shape.position_kernel, shape.position_groups
    gain, direction = w[f"{prefix}.parametrizations.weight.original0"], w[f"{prefix}.parametrizations.weight.original1"]
    weight = np.stack([gain[0, 0, k] * direction[:, :, k] / np.linalg.norm(direction[:, :, k]) for k in range(kernel)], axis=2)
    padded = np.pad(x, ((kernel // 2, kernel // 2), (0, 0)))
    width = shape.hidden_size // groups
    parts = [convolve(padded[:, g * width : (g + 1) * width], weight[g * width : (g + 1) * width], 1) for g in range(groups)]
    return np.concatenate(parts, 1)[: len(x)] + w[f"{prefix}.bias"]


def attention(x: Array, w: dict[str, Array], name: str, shape: Shape, rotary: bool) -> Array:
    query, key, value = (linear(x, w, f"{name}.{part}_proj") for part in "qkv")
    size, out = shape.head_size, []
    for head in range(shape.heads):
        q, k, v = (array[:, head * size : (head + 1) * size] for array in (query, key, value))
        if rotary:
            q, k = turn(q, shape.rotary_scale), turn(k, shape.rotary_scale)
        scores = q @ k.T / math.sqrt(size)
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        out.append(weights / weights.sum(axis=1, keepdims=True) @ v)
    return linear(np.concatenate(out, 1), w, f"{name}.out_proj")


def turn(x: Array, scale: float) -> Array:
    """Dimensions 2i and 2i+1 of the first 32 are a point, turned by position * scale / 10000^(2i/32)."""
    turned = x.copy()
    for position in range(len(x)):
        for pair in range(16):
            angle = position * scale / 10000 ** (2 * pair / 32)
            a, b = x[position, 2 * pair], x[position, 2 * pair + 1]
            turned[position, 2 * pair] = a * math.cos(angle) - b * math.sin(angle)
            turned[position, 2 * pair + 1] = b * math.cos(angle) + a * math.sin(angle)
    return turned


def linear(x: Array, w: dict[str, Array], name: str) -> Array:
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def layer_norm(x: Array, w: dict[str, Array], name: str, epsilon: float) -> Array:
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + epsilon) * w[f"{name}.weight"] + w[f"{name}.bias"]


def gelu(x: Array) -> Array:
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))
