"""Matrix products in static INT8: activations quantised once, by ranges seen on real speech, before they are copied into windows or shared.

u8 activations (asymmetric, one scale a tensor) x s8 weights (symmetric, one scale a column) -> float32 with the bias: the one pairing MLAS runs at
VNNI speed (u8u8 is 2.4 times, s8s8 12 times slower, measured). Scales are constants, so a result depends on nothing but its own input; dynamic scales
would make it depend on whatever is in the same batch. Layer 0, norms, attention and residuals stay float32.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models.export.builder import Array, Builder

SCHEME = "int8-static"
Ranges = Mapping[str, tuple[float, float]]
LEVELS = 255
WEIGHT_LEVELS = 127
# A tensor that never moves still needs a scale that is not zero.
MIN_STEP = 1e-8


class Int8Builder(Builder):
    """Products of inputs that passed `activation` are INT8, others stay float32."""

    def __init__(self, ranges: Ranges) -> None:
        super().__init__()
        self._ranges = ranges
        self._grids: dict[str, tuple[str, str]] = {}
        """Quantised tensor -> names of its scale and zero point."""

    def activation(self, x: str, name: str) -> str:
        low, high = min(self._ranges[name][0], 0.0), max(self._ranges[name][1], 0.0)
        scale = np.float32(max((high - low) / LEVELS, MIN_STEP))
        zero = np.uint8(np.clip(np.rint(-low / scale), 0, LEVELS))
        grid = self.constant(f"{name}.scale", np.array(scale)), self.constant(f"{name}.zero", np.array(zero))
        quantized = self.node("QuantizeLinear", x, *grid)
        self._grids[quantized] = grid
        return quantized

    def windows(self, x: str, kernel: int, stride: int, channels: int) -> str:
        """Copies one byte a sample instead of four."""
        windows = super().windows(x, kernel, stride, channels)
        if x in self._grids:
            self._grids[windows] = self._grids[x]
        return windows

    def linear(self, x: str, name: str, weight: Array, bias: Array | None) -> str:
        if x not in self._grids:
            return super().linear(x, name, weight, bias)
        scale, zero = self._grids[x]
        steps = np.maximum(np.abs(weight).max(axis=0) / WEIGHT_LEVELS, MIN_STEP).astype(np.float32)
        quantized = np.clip(np.rint(weight / steps), -WEIGHT_LEVELS, WEIGHT_LEVELS).astype(np.int8)
        inputs = [x, self.constant(f"{name}.weight", quantized), scale, self.constant(f"{name}.steps", steps), zero]
        inputs.append(self.constant(f"{name}.weight_zeros", np.zeros(len(steps), np.int8)))
        if bias is not None:
            inputs.append(self.constant(f"{name}.bias", bias.astype(np.float32)))
        return self.node("MatMulIntegerToFloat", *inputs, domain="com.microsoft")
