"""How many multiply-adds a model of a given shape spends on a clip: what a rate is held against. Pure."""

from __future__ import annotations

from models.export.tensors import Shape


def multiply_adds(shape: Shape, samples: int) -> int:
    """Of every matrix product and convolution for one clip of `samples`, attention included; norms, activations and rotations count as nothing.

    A clip shorter than the receptive field costs nothing: no frame comes of it.
    """
    front_end, frames = _front_end(shape, samples)
    hidden = shape.hidden_size
    projection = frames * shape.conv_dim[-1] * hidden
    position = frames * hidden * (hidden // shape.position_groups) * shape.position_kernel
    products = frames * hidden * (4 * hidden + 2 * shape.intermediate_size)
    attention = 2 * frames * frames * hidden
    return front_end + projection + position + shape.layers * (products + attention) + frames * hidden * shape.outputs


def _front_end(shape: Shape, samples: int) -> tuple[int, int]:
    """Multiply-adds, and frames that are left."""
    total, length, channels = 0, samples, 1
    for width, kernel, stride in zip(shape.conv_dim, shape.conv_kernel, shape.conv_stride, strict=True):
        length = max(0, (length - kernel) // stride + 1)
        total += length * kernel * channels * width
        channels = width
    return total, length
