"""Where in the clip a frame is: Wav2Vec2's grouped convolution over time, and rotary tables for checkpoints that turn queries and keys."""

from __future__ import annotations

import numpy as np

from models.export.builder import Builder
from models.export.checkpoint import ROTARY_DIMENSIONS, Weights
from models.export.tensors import POSITION_CONV, Shape

ROTARY_BASE = 10_000.0


def position_convolution(builder: Builder, x: str, shape: Shape, weights: Weights) -> str:
    """(B, T, H) -> (B, T, H): padded by half a kernel, the last frame of an even kernel dropped, as transformers does."""
    y = builder.grouped_convolution(x, POSITION_CONV, weights[f"{POSITION_CONV}.weight"], shape.position_groups)
    return builder.gelu(builder.node("Add", y, builder.constant(f"{POSITION_CONV}.bias", weights[f"{POSITION_CONV}.bias"])))


def rotary_tables(builder: Builder, shape: Shape, max_samples: int) -> tuple[str, str]:
    """cos and sin of every angle, (frames of the longest clip, ROTARY_DIMENSIONS / 2) each."""
    # In float32 throughout, as in training: rounded otherwise, the angles of late frames would differ from what the weights were trained with.
    frequencies = np.float32(1) / np.float32(ROTARY_BASE) ** (np.arange(0, ROTARY_DIMENSIONS, 2, dtype=np.float32) / np.float32(ROTARY_DIMENSIONS))
    frames = np.arange(shape.clock.frames(max_samples), dtype=np.float32)
    angle = frames[:, None] * frequencies[None] * np.float32(shape.rotary_scale)
    return builder.constant("rotary.cos", np.cos(angle)), builder.constant("rotary.sin", np.sin(angle))


def turn(builder: Builder, x: str, tables: tuple[str, str], shape: Shape) -> str:
    """Queries or keys, (B, T, H): the first dimensions of each head in pairs (2i, 2i + 1), each turned by its frame's angle."""
    return builder.node(
        "RotaryEmbedding",
        x,
        builder.ints(0),
        *tables,
        domain="com.microsoft",
        interleaved=1,
        num_heads=shape.heads,
        rotary_embedding_dim=ROTARY_DIMENSIONS,
    )
