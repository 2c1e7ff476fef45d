"""One transformer block: attention and feed-forward, each around a residual, normed before ("stable") or after."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.export.builder import Builder
from models.export.checkpoint import Weights
from models.export.positions import turn
from models.export.tensors import SINK_KEYS, SINK_VALUES, Shape


def block(builder: Builder, x: str, counts: str, shape: Shape, weights: Weights, number: int, tables: tuple[str, str] | None) -> str:
    """(B, T, H) -> (B, T, H). counts: (B,) int64, keys that a clip's queries see, sinks and frames. tables: rotary, where this block turns."""
    name = f"encoder.layers.{number}"
    x = _residual(builder, x, shape, weights, f"{name}.layer_norm", lambda y: _attention(builder, y, counts, shape, weights, name, tables))
    return _residual(builder, x, shape, weights, f"{name}.final_layer_norm", lambda y: _feed_forward(builder, y, weights, name))


def _residual(builder: Builder, x: str, shape: Shape, weights: Weights, norm: str, part: Callable[[str], str]) -> str:
    if shape.stable_layer_norm:
        return builder.node("Add", x, part(builder.layer_norm(x, norm, weights, norm, shape.layer_norm_eps)))
    return builder.layer_norm(builder.node("Add", x, part(x)), norm, weights, norm, shape.layer_norm_eps)


def _attention(builder: Builder, x: str, counts: str, shape: Shape, weights: Weights, name: str, tables: tuple[str, str] | None) -> str:
    x = builder.activation(x, f"{name}.attention")
    query, key, value = (builder.product(x, weights, f"{name}.attention.{part}_proj") for part in "qkv")
    if tables is not None:
        query, key = turn(builder, query, tables, shape), turn(builder, key, tables, shape)
    # ONNX's own operator: onnxruntime computes it 1.25 times as fast as its MultiHeadAttention, and takes counts where that takes a mask (measured).
    if shape.attention_sinks:
        key = behind_sinks(builder, key, weights, f"{name}.attention.{SINK_KEYS}")
        value = behind_sinks(builder, value, weights, f"{name}.attention.{SINK_VALUES}")
    y = builder.node("Attention", query, key, value, "", "", "", counts, q_num_heads=shape.heads, kv_num_heads=shape.heads)
    return builder.dense(y, weights, f"{name}.attention.out_proj")


def behind_sinks(builder: Builder, states: str, weights: Weights, name: str) -> str:
    """(B, T, H) keys or values -> (B, N + T, H), the same N in front of every clip's."""
    count, hidden = weights[name].shape
    sizes = builder.node("Concat", builder.length(states, 0), builder.ints(count, hidden), axis=0)
    sinks = builder.node("Expand", builder.constant(name, np.expand_dims(weights[name], 0)), sizes)
    return builder.node("Concat", sinks, states, axis=1)


def _feed_forward(builder: Builder, x: str, weights: Weights, name: str) -> str:
    y = builder.gelu(builder.dense(x, weights, f"{name}.feed_forward.intermediate_dense"))
    return builder.dense(y, weights, f"{name}.feed_forward.output_dense")
