"""Where in the clip a frame is: Wav2Vec2's grouped convolution over time; sinusoids and rotary tables for checkpoints that have them."""

from __future__ import annotations

import numpy as np

from models.export.builder import Builder
from models.export.checkpoint import ROTARY_DIMENSIONS, Weights
from models.export.tensors import POSITION_CONV, Shape, sinusoid_table

ROTARY_BASE = 10_000.0
FINE_FRAMES = 32


def position_convolution(builder: Builder, x: str, shape: Shape, weights: Weights) -> str:
    """(B, T, H) -> (B, T, H): padded by half a kernel, the last frame of an even kernel dropped, as transformers does."""
    y = builder.grouped_convolution(x, POSITION_CONV, weights[f"{POSITION_CONV}.weight"], shape.position_groups)
    return builder.gelu(builder.node("Add", y, builder.constant(f"{POSITION_CONV}.bias", weights[f"{POSITION_CONV}.bias"])))


def add_sinusoids(builder: Builder, x: str, shape: Shape, max_samples: int) -> str:
    """(B, T, H) -> (B, T, H): each frame's sines and cosines added."""
    table = _sinusoids(builder, shape.clock.frames(max_samples), shape.hidden_size)
    return builder.node("Add", x, builder.slice(table, builder.ints(0), builder.length(x, 1), axis=0))


def _sinusoids(builder: Builder, frames: int, hidden: int) -> str:
    """(at least `frames`, H) by the theorem of addition: as a constant it would be 3 MB of the file; onnxruntime folds it into one on loading."""
    fine = sinusoid_table(FINE_FRAMES, hidden)
    coarse = sinusoid_table(-(-frames // FINE_FRAMES) * FINE_FRAMES, hidden)[::FINE_FRAMES]
    (fine_sine, fine_cosine), (coarse_sine, coarse_cosine) = (
        [builder.constant(f"sinusoids.{name}.{number}", part) for number, part in enumerate(np.split(np.expand_dims(table, axis), 2, -1))]
        for name, table, axis in (("fine", fine, 0), ("coarse", coarse, 1))
    )
    sine = builder.node("Add", builder.node("Mul", coarse_sine, fine_cosine), builder.node("Mul", coarse_cosine, fine_sine))
    cosine = builder.node("Sub", builder.node("Mul", coarse_cosine, fine_cosine), builder.node("Mul", coarse_sine, fine_sine))
    return builder.reshape(builder.node("Concat", sine, cosine, axis=2), -1, hidden)


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
