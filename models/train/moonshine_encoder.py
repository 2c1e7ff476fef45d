"""Moonshine tiny-en's encoder in torch, for the regression. MIT; its weights come from the wheel of moonshine-voice, de-quantised. Never serves."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import numpy_helper
from torch import Tensor
from torch.nn import functional

from models.data.moonshine import session_options
from models.records import FrameClock
from models.train.loss import Scale, scale_of
from models.train.wav2vec2 import attend, rotate

HIDDEN, LAYERS, HEADS = 288, 6, 8
# Frames of the front end: convolutions of 127/64, 7/3 and 3/2 samples; frame j is centred on sample 384 j + 447.
STRIDE_SAMPLES, FIRST_CENTRE_SAMPLE = 384, 447
# The seed learnt its front end so much before the centres; its descendants' states are nearest there (state 0: 0.118, at the centres 0.123).
EARLIER_SAMPLES = 65


@dataclass(frozen=True, slots=True)
class Alignment:
    """A student of the same stride: its frame i is beside frame i + frames of a teacher that hears the clip from sample `samples` on."""

    frames: int
    samples: int

    @staticmethod
    def to(clock: FrameClock, hidden_size: int) -> Alignment:
        """Raises: ValueError: frames of another stride or too early a first centre, or states of another size."""
        centre = clock.receptive_field_samples // 2
        if clock.stride_samples != STRIDE_SAMPLES or centre < FIRST_CENTRE_SAMPLE + EARLIER_SAMPLES or hidden_size != HIDDEN:
            raise ValueError(
                f"{hidden_size} numbers a frame of {clock.stride_samples} samples centred from sample {centre};"
                f" the teacher has {HIDDEN}, {STRIDE_SAMPLES} and {FIRST_CENTRE_SAMPLE}"
            )
        return Alignment(*divmod(centre - FIRST_CENTRE_SAMPLE - EARLIER_SAMPLES, STRIDE_SAMPLES))


TOGETHER = Alignment(0, 0)


class MoonshineEncoder:
    """Agrees with the original graph but for its quantised activations: correlation 0.999 on speech."""

    def __init__(self, weights: Mapping[str, np.ndarray], alignment: Alignment = TOGETHER, device: torch.device | str = "cpu") -> None:
        """weights: by the names of `encoder_weights`. alignment: of the student it is compared to."""
        self._alignment = alignment
        self._weights = {name: torch.from_numpy(array).to(device) for name, array in weights.items()}

    @torch.no_grad()
    def __call__(self, waveforms: Tensor, samples: Tensor) -> tuple[list[Tensor], Tensor]:
        """(B, S) in -1..1, not normalised, (B,) -> LAYERS + 1 tensors (B, T, HIDDEN), the front end's and each block's, and (B,) frames."""
        hidden, frames = self._front_end(waveforms, samples)
        sounding = (torch.arange(hidden.shape[1], device=hidden.device) < frames[:, None])[:, None, None]
        states = [hidden]
        for layer in range(LAYERS):
            hidden = self._block(f"layers.{layer}", hidden, sounding)
            states.append(hidden)
        return states, frames

    def aligned(self, waveforms: Tensor, samples: Tensor, length: int) -> tuple[list[Tensor], Tensor]:
        """As __call__, its first `length` frames as the student counts them, padded with zeros where the clip has fewer."""
        alignment = self._alignment
        states, frames = self(waveforms[:, alignment.samples :], samples - alignment.samples)
        last = alignment.frames + length
        cut = [functional.pad(state, (0, 0, 0, max(0, last - state.shape[1])))[:, alignment.frames : last] for state in states]
        return cut, (frames - alignment.frames).clamp(min=0)

    def scales(self, waveforms: Sequence[Tensor]) -> list[Scale]:
        """Of each state, over clips (S,)."""
        heard = [self(waveform[None], torch.tensor([len(waveform)], device=waveform.device))[0] for waveform in waveforms]
        return [scale_of(torch.cat([states[number][0] for states in heard])) for number in range(LAYERS + 1)]

    def _front_end(self, waveforms: Tensor, samples: Tensor) -> tuple[Tensor, Tensor]:
        weights = self._weights
        hidden = torch.tanh(functional.conv1d(waveforms[:, None], weights["conv1.weight"], stride=64))
        lengths = (samples - 127) // 64 + 1
        hidden = _group_norm(hidden, lengths, weights["groupnorm.weight"], weights["groupnorm.bias"])
        hidden = functional.gelu(functional.conv1d(hidden, weights["conv2.weight"], weights["conv2.bias"], stride=3))
        hidden = functional.gelu(functional.conv1d(hidden, weights["conv3.weight"], weights["conv3.bias"], stride=2))
        return hidden.transpose(1, 2), ((lengths - 7) // 3 + 1 - 3) // 2 + 1

    def _block(self, name: str, hidden: Tensor, sounding: Tensor) -> Tensor:
        weights, (batch, frames, _) = self._weights, hidden.shape
        normed = functional.layer_norm(hidden, (HIDDEN,), weights[f"{name}.input_layernorm.weight"])
        query, key, value = (
            functional.linear(normed, weights[f"{name}.self_attn.{part}_proj.weight"]).view(batch, frames, HEADS, -1).transpose(1, 2)
            for part in "qkv"
        )
        mixed = attend(rotate(query, 1.0), rotate(key, 1.0), value, sounding)
        hidden = hidden + functional.linear(mixed.transpose(1, 2).reshape(batch, frames, HIDDEN), weights[f"{name}.self_attn.o_proj.weight"])
        normed = functional.layer_norm(hidden, (HIDDEN,), weights[f"{name}.post_attention_layernorm.weight"])
        inner = functional.gelu(functional.linear(normed, weights[f"{name}.mlp.fc1.weight"], weights[f"{name}.mlp.fc1.bias"]))
        return hidden + functional.linear(inner, weights[f"{name}.mlp.fc2.weight"], weights[f"{name}.mlp.fc2.bias"])


def encoder_weights(path: Path) -> dict[str, np.ndarray]:
    """float32 arrays by the names of transformers' MoonshineEncoder. path: the .ort file, which onnxruntime can write as ONNX again."""
    graph = _as_onnx(path).graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    weights = {}
    for node in graph.node:
        if node.op_type in ("MatMulIntegerToFloat", "DynamicQuantizeMatMul"):
            quantised = next(name for name in node.input if name.endswith("_quantized") and name in constants).removesuffix("_quantized")
            whole = constants[f"{quantised}_quantized"].astype(np.float32) - np.float32(constants[f"{quantised}_zero_point"])
            weights[node.name[1:].replace("/", ".").replace(".MatMul_quant", ".weight")] = (whole * constants[f"{quantised}_scale"]).T
    plain = ("fc1.bias", "fc2.bias", "layernorm.weight", "layer_norm.weight", "conv2.bias", "conv3.bias")
    weights |= {name: array for name, array in constants.items() if name.endswith(plain)}
    weights |= {f"{conv}.weight": constants[f"{conv}.weight_add_tensor"] for conv in ("conv1", "conv2", "conv3")}
    weights |= {"groupnorm.weight": constants["onnx::Mul_2080"][:, 0], "groupnorm.bias": constants["onnx::Add_2081"][:, 0]}
    return {name: np.array(array, np.float32) for name, array in weights.items()}


def _as_onnx(path: Path) -> onnx.ModelProto:
    with tempfile.TemporaryDirectory() as folder:
        options = session_options()
        options.optimized_model_filepath = f"{folder}/encoder.onnx"
        options.add_session_config_entry("session.save_model_format", "ONNX")
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        ort.InferenceSession(str(path), options)
        return onnx.load(options.optimized_model_filepath)


def _group_norm(hidden: Tensor, lengths: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """(B, H, T), one group: over each clip's own frames, so that padding changes nothing."""
    valid = (torch.arange(hidden.shape[2], device=hidden.device) < lengths[:, None])[:, None].to(hidden.dtype)
    count = valid.sum((1, 2), keepdim=True) * HIDDEN
    mean = (hidden * valid).sum((1, 2), keepdim=True) / count
    variance = ((hidden - mean) ** 2 * valid).sum((1, 2), keepdim=True) / count
    return (hidden - mean) / (variance + 1e-5).sqrt() * weight[None, :, None] + bias[None, :, None]
