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
        x = convolve(x, w[f"{name}.conv.weight"], stride)
        if shape.conv_bias:
            x = x + w[f"{name}.conv.bias"]
        if shape.conv_norm == "layer":
            x = layer_norm(x, w, f"{name}.layer_norm", 1e-5)
        elif number == 0:
            x = layer_norm(x.T, w, f"{name}.layer_norm", 1e-5, by_row=True).T
        x = gelu(x)
        assert kernel == w[f"{name}.conv.weight"].shape[2]
    x = layer_norm(x, w, "feature_projection.layer_norm", shape.layer_norm_eps)
    x = linear(x, w, "feature_projection.projection")
    x = x + gelu(position_convolution(x, w, shape))
    if shape.sinusoidal_positions:
        x = x + np.array([[sinusoid(frame, number, shape.hidden_size // 2) for number in range(shape.hidden_size)] for frame in range(len(x))])
    eps = shape.layer_norm_eps
    if not shape.stable_layer_norm:
        x = layer_norm(x, w, "encoder.layer_norm", eps)
    for number in range(shape.layers):
        name = f"encoder.layers.{number}"
        if shape.stable_layer_norm:
            x = x + attention(layer_norm(x, w, f"{name}.layer_norm", eps), w, f"{name}.attention", shape, rotary=number < 6)
            x = x + feed_forward(layer_norm(x, w, f"{name}.final_layer_norm", eps), w, name)
        else:
            x = layer_norm(x + attention(x, w, f"{name}.attention", shape, rotary=number < 6), w, f"{name}.layer_norm", eps)
            x = layer_norm(x + feed_forward(x, w, name), w, f"{name}.final_layer_norm", eps)
    if shape.stable_layer_norm:
        x = layer_norm(x, w, "encoder.layer_norm", eps)
    return linear(x, w, "lm_head")


def sinusoid(frame: int, number: int, half: int) -> float:
    """As OpenAI's whisper defines its encoder's positions: sines first, then cosines."""
    angle = frame * math.exp(-math.log(10_000) / (half - 1) * (number % half))
    return math.sin(angle) if number < half else math.cos(angle)


def feed_forward(x: Array, w: dict[str, Array], name: str) -> Array:
    return linear(gelu(linear(x, w, f"{name}.feed_forward.intermediate_dense")), w, f"{name}.feed_forward.output_dense")


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
        if shape.attention_sinks:
            k, v = (np.concatenate((w[f"{name}.sink_{kind}"][:, head * size : (head + 1) * size], own)) for kind, own in (("keys", k), ("values", v)))
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


def layer_norm(x: Array, w: dict[str, Array], name: str, epsilon: float, by_row: bool = False) -> Array:
    """by_row: a weight and a bias for each row (group norm of (C, T)) instead of each column."""
    gain, shift = (w[f"{name}.{part}"][:, None] if by_row else w[f"{name}.{part}"] for part in ("weight", "bias"))
    centred = x - x.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + epsilon) * gain + shift


def gelu(x: Array) -> Array:
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))
