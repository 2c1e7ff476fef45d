"""Writes ONNX nodes one after the other. Knows the operators, not the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET, MICROSOFT_OPSET, IR_VERSION = 24, 1, 10
Array = npt.NDArray[Any]


class Builder:
    """Every method adds nodes and returns the name of their output."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: dict[str, onnx.TensorProto] = {}
        self._count = 0
        self.activations: dict[str, str] = {}
        """Name of each activation that enters a matrix product -> its tensor: what calibration looks at."""

    def activation(self, x: str, name: str) -> str:
        """x is about to enter a matrix product, perhaps as windows or several products: the place to quantise it once."""
        self.activations[name] = x
        return x

    def fine_activation(self, x: str, name: str) -> str:
        """The same for an x whose small values count as much as its large ones."""
        return self.activation(x, name)

    def constant(self, name: str, value: Array) -> str:
        if name not in self._initializers:
            self._initializers[name] = numpy_helper.from_array(np.asarray(value, order="C"), name)
        return name

    def ints(self, *values: int) -> str:
        return self.constant("ints_" + "_".join(map(str, values)), np.array(values, np.int64))

    def node(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        return self.nodes(operator, 1, *inputs, domain=domain, **attributes)[0]

    def nodes(self, operator: str, outputs: int, *inputs: str, domain: str = "", **attributes: Any) -> list[str]:
        self._count += 1
        names = [f"{operator}_{self._count}_{number}" for number in range(outputs)]
        self._nodes.append(helper.make_node(operator, inputs, names, name=f"{operator}_{self._count}", domain=domain, **attributes))
        return names

    def linear(self, x: str, name: str, weight: Array, bias: Array | None) -> str:
        """weight: (in, out)."""
        product = self.node("MatMul", x, self.constant(f"{name}.weight", weight.astype(np.float32)))
        return product if bias is None else self.node("Add", product, self.constant(f"{name}.bias", bias.astype(np.float32)))

    def product(self, x: str, weights: Mapping[str, Array], name: str) -> str:
        """(B, T, in) -> (B, T, out): torch's Linear of that name. x is quantised already, where products are."""
        return self.linear(x, name, weights[f"{name}.weight"].T, weights[f"{name}.bias"])

    def dense(self, x: str, weights: Mapping[str, Array], name: str) -> str:
        """The same for an x that enters no other product."""
        return self.product(self.activation(x, name), weights, name)

    def layer_norm(self, x: str, name: str, weights: Mapping[str, Array], source: str, epsilon: float) -> str:
        """name: in the graph; source: of its weight and bias in the checkpoint."""
        scale = self.constant(f"{name}.weight", weights[f"{source}.weight"])
        return self.node("LayerNormalization", x, scale, self.constant(f"{name}.bias", weights[f"{source}.bias"]), axis=-1, epsilon=epsilon)

    def gelu(self, x: str) -> str:
        return self.node("Gelu", x, approximate="none")

    def length(self, x: str, axis: int) -> str:
        """(1,) int64: the size of one axis."""
        return self.node("Shape", x, start=axis, end=axis + 1)

    def slice(self, x: str, start: str, end: str, axis: int, step: int = 1) -> str:
        return self.node("Slice", x, start, end, self.ints(axis), self.ints(step))

    def reshape(self, x: str, *shape: int) -> str:
        """0 keeps a size, -1 infers it."""
        return self.node("Reshape", x, self.ints(*shape))

    def windows(self, x: str, kernel: int, stride: int, channels: int) -> str:
        """(B, T, C) -> (B, O, kernel * C), O = (T - kernel) // stride + 1: a convolution becomes one MatMul.

        Whole strides are reshaped, not gathered. What is left of the kernel is the end of the last whole stride in it; a single step of it, or a
        kernel below the stride, is sliced.
        """
        room = self.node("Sub", self.length(x, 1), self.ints(kernel))
        count = self.node("Add", self.node("Div", room, self.ints(stride)), self.ints(1))
        span = self.node("Mul", count, self.ints(stride))

        def strides(offset: int) -> str:
            block = self.slice(x, self.ints(offset), self.node("Add", span, self.ints(offset)), axis=1)
            return self.reshape(block, 0, -1, stride * channels)

        rest = kernel % stride
        parts = [strides(offset) for offset in range(0, kernel - rest, stride)]
        if parts and rest > 1:
            parts.append(self.slice(strides(kernel - stride), self.ints((stride - rest) * channels), self.ints(stride * channels), axis=2))
        else:
            for offset in range(kernel - rest, kernel):
                end = self.node("Add", span, self.ints(offset + 1 - stride))
                parts.append(self.slice(x, self.ints(offset), end, axis=1, step=stride))
        return parts[0] if len(parts) == 1 else self.node("Concat", *parts, axis=2)

    def grouped_convolution(self, x: str, name: str, weight: Array, groups: int) -> str:
        """(B, T, H) -> (B, T, H), stride 1, without bias. weight: (H, H / groups, K). Zeros around: K // 2 before, (K - 1) // 2 after."""
        kernel = weight.shape[2]
        channel_first = self.node("Transpose", self.activation(x, name), perm=[0, 2, 1])
        y = self.node("Conv", channel_first, self.constant(f"{name}.weight", weight), group=groups, pads=[kernel // 2, (kernel - 1) // 2])
        return self.node("Transpose", y, perm=[0, 2, 1])

    def model(self, inputs: Sequence[onnx.ValueInfoProto], output: str, output_name: str, outputs: int) -> onnx.ModelProto:
        """The last node's `output` becomes `output_name`, (B, T, outputs) float32."""
        self._nodes.append(helper.make_node("Identity", [output], [output_name], name=output_name))
        graph = helper.make_graph(
            self._nodes,
            "wav2vec2_ctc",
            inputs,
            [helper.make_tensor_value_info(output_name, TensorProto.FLOAT, ["batch", "frames", outputs])],
            list(self._initializers.values()),
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", MICROSOFT_OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="harken")
        onnx.checker.check_model(model)
        return model
