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
# Frames of one window of a grouped convolution: 16, 32 and 64 are equally fast (measured).
WINDOW = 16
# For Slice: however long it is.
END = 2**63 - 1


class Int8Builder(Builder):
    """Products of inputs that passed `activation` are INT8, others stay float32."""

    def __init__(self, ranges: Ranges) -> None:
        super().__init__()
        self._ranges = ranges
        self._grids: dict[str, tuple[str, str]] = {}
        """Quantised tensor -> names of its scale and zero point."""
        self._rests: dict[str, str] = {}
        """Quantised tensor that has to be fine -> what its levels leave, quantised."""

    def activation(self, x: str, name: str) -> str:
        return self._quantized(x, name, *self._ranges[name])

    def fine_activation(self, x: str, name: str) -> str:
        """On sixteen bits, as two tensors and two products: what the levels leave, at most half a step either way, has levels of its own."""
        quantized = self.activation(x, name)
        rest = self.node("Sub", x, self.node("DequantizeLinear", quantized, *self._grids[quantized]))
        low, high = self._ranges[name]
        half_a_step = (max(high, 0.0) - min(low, 0.0)) / LEVELS / 2
        self._rests[quantized] = self._quantized(rest, f"{name}.rest", -half_a_step, half_a_step)
        return quantized

    def _quantized(self, x: str, name: str, low: float, high: float) -> str:
        low, high = min(low, 0.0), max(high, 0.0)
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
        if x in self._rests:
            self._rests[windows] = self.windows(self._rests[x], kernel, stride, channels)
        return windows

    def grouped_convolution(self, x: str, name: str, weight: Array, groups: int) -> str:
        """As products of windows of WINDOW frames, a batched one over the groups.

        The windows that begin at frame r * WINDOW + phase are one reshape of the signal moved by `phase`, so the copies are long and of bytes. A
        kernel of several windows is that many columns of products, each added one row later than the one before.
        """
        hidden, width, kernel = weight.shape
        steps = -(-kernel // WINDOW)
        blocks = self.node("Div", self.node("Add", self.length(x, 1), self.ints(WINDOW - 1)), self.ints(WINDOW))
        rows = self.node("Add", blocks, self.ints(steps - 1))
        phases = self._phases(self.activation(x, name), rows, groups, width, before=kernel // 2)
        y = self.linear(phases, name, _by_window(weight, groups, steps), None)
        y = self.node("Reshape", y, self.node("Concat", self.ints(0, groups, WINDOW), rows, self.ints(steps * width), axis=0))
        moved = [
            self.node(
                "Slice",
                y,
                self.ints(step, step * width),
                self.node("Concat", self.node("Add", blocks, self.ints(step)), self.ints((step + 1) * width), axis=0),
                self.ints(3, 4),
            )
            for step in range(steps)
        ]
        total = moved[0] if steps == 1 else self.node("Sum", *moved)
        in_time = self.reshape(self.node("Transpose", total, perm=[0, 3, 2, 1, 4]), 0, -1, hidden)
        return self.slice(in_time, self.ints(0), self.length(x, 1), axis=1)

    def _phases(self, x: str, rows: str, groups: int, width: int, before: int) -> str:
        """x: (B, T, H) quantised -> (B, G, WINDOW * rows, WINDOW * width): the window that begins at r * WINDOW + p in row p * rows + r."""
        scale, zero = self._grids[x]
        span = self.node("Mul", rows, self.ints(WINDOW))
        after = self.node("Sub", self.node("Add", span, self.ints(WINDOW - 1 - before)), self.length(x, 1))
        # Padded with what stands for 0.0.
        padded = self.node("Pad", x, self.node("Concat", self.ints(before), after, axis=0), zero, self.ints(1))
        grouped = self.node("Transpose", self.reshape(padded, 0, 0, groups, width), perm=[0, 2, 1, 3])
        # Phase p begins p steps behind the beginning and ends WINDOW - 1 - p before the end: all are of one length.
        ends = [*range(1 - WINDOW, 0), END]
        moved = [self.slice(grouped, self.ints(phase), self.ints(end), axis=2) for phase, end in enumerate(ends)]
        phases = self.reshape(self.node("Concat", *moved, axis=2), 0, 0, -1, WINDOW * width)
        self._grids[phases] = scale, zero
        return phases

    def linear(self, x: str, name: str, weight: Array, bias: Array | None) -> str:
        if x not in self._grids:
            return super().linear(x, name, weight, bias)
        scale, zero = self._grids[x]
        steps = np.maximum(np.abs(weight).max(axis=-2, keepdims=weight.ndim > 2) / WEIGHT_LEVELS, MIN_STEP).astype(np.float32)
        quantized = np.clip(np.rint(weight / steps), -WEIGHT_LEVELS, WEIGHT_LEVELS).astype(np.int8)
        # No zero points for the weights: given as zeros they cost small products a twentieth of their time.
        inputs = [x, self.constant(f"{name}.weight", quantized), scale, self.constant(f"{name}.steps", steps), zero]
        if bias is not None:
            inputs += ["", self.constant(f"{name}.bias", bias.astype(np.float32))]
        product = self.node("MatMulIntegerToFloat", *inputs, domain="com.microsoft")
        return self.node("Add", product, self.linear(self._rests[x], name, weight, None)) if x in self._rests else product


def _by_window(weight: Array, groups: int, steps: int) -> Array:
    """(H, H / G, K) -> (G, WINDOW * H / G, steps * H / G): rows in the order of a window's bytes, one run of columns for each step."""
    hidden, width, kernel = weight.shape
    whole = np.zeros((hidden, width, steps * WINDOW), np.float32)
    whole[..., :kernel] = weight
    by_group = whole.reshape(groups, hidden // groups, width, steps, WINDOW)
    return by_group.transpose(0, 4, 2, 3, 1).reshape(groups, WINDOW * width, steps * (hidden // groups))
