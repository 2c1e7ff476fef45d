"""Which tensors a Wav2Vec2-CTC of a given shape has, by transformers' names. Pure; any other set is refused, so nothing is ignored silently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log, prod

import numpy as np
import numpy.typing as npt

from models.records import FrameClock

POSITION_CONV = "encoder.pos_conv_embed.conv"
SINK_KEYS, SINK_VALUES = "sink_keys", "sink_values"
LONGEST_WAVELENGTH = 10_000
Sizes = tuple[int, ...]

# Serve pre-training and SpecAugment only; a recogniser never reads them.
UNUSED = frozenset({"masked_spec_embed", "quantizer.codevectors", "quantizer.weight_proj.weight", "quantizer.weight_proj.bias"})


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a Wav2Vec2Config decides the graph."""

    conv_dim: tuple[int, ...]
    conv_kernel: tuple[int, ...]
    conv_stride: tuple[int, ...]
    conv_norm: str
    """"layer": after every convolution; "group": after the first alone, each channel over the whole clip."""
    conv_bias: bool
    stable_layer_norm: bool
    """Norms before attention and feed-forward (and one at the end), or after them (and one before the blocks)."""
    hidden_size: int
    intermediate_size: int
    layers: int
    heads: int
    position_kernel: int
    position_groups: int
    layer_norm_eps: float
    outputs: int
    rotary_scale: float
    sinusoidal_positions: bool = False
    attention_sinks: int = 0
    """Learnt keys and values that every block's queries see beside the clip's own."""

    @property
    def is_our_own(self) -> bool:
        """It computes what stock Wav2Vec2 cannot."""
        return self.rotary_scale > 0 or self.sinusoidal_positions or self.attention_sinks > 0

    @property
    def head_size(self) -> int:
        return self.hidden_size // self.heads

    @property
    def clock(self) -> FrameClock:
        """Stride and receptive field of the conv encoder, in samples."""
        field = 1
        for number, kernel in enumerate(self.conv_kernel):
            field += (kernel - 1) * prod(self.conv_stride[:number])
        return FrameClock(prod(self.conv_stride), field)


def expected_tensors(shape: Shape) -> dict[str, Sizes]:
    """Name without the prefix `wav2vec2.` -> sizes, weight norm of the position convolution folded."""
    hidden = shape.hidden_size
    position = (hidden, hidden // shape.position_groups, shape.position_kernel)
    return {
        **_front_end(shape),
        **_norm("feature_projection.layer_norm", shape.conv_dim[-1]),
        **_linear("feature_projection.projection", hidden, shape.conv_dim[-1]),
        f"{POSITION_CONV}.weight": position,
        f"{POSITION_CONV}.bias": (hidden,),
        **{name: sizes for number in range(shape.layers) for name, sizes in _block(f"encoder.layers.{number}", shape).items()},
        **_norm("encoder.layer_norm", hidden),
        **_linear("lm_head", shape.outputs, hidden),
    }


def complaints(expected: Mapping[str, Sizes], found: Mapping[str, Sizes]) -> list[str]:
    """One line for each tensor that is missing, of other sizes, or not understood; empty when all is well."""
    missing = [f"{name} {expected[name]} is missing" for name in expected if name not in found]
    strange = [f"{name} {found[name]} is not understood" for name in sorted(found) if name not in expected and name not in UNUSED]
    other = [f"{name} is {found[name]}, must be {sizes}" for name, sizes in expected.items() if name in found and found[name] != sizes]
    return missing + other + strange


def _front_end(shape: Shape) -> dict[str, Sizes]:
    tensors: dict[str, Sizes] = {}
    channels = 1
    for number, (width, kernel) in enumerate(zip(shape.conv_dim, shape.conv_kernel, strict=True)):
        name = f"feature_extractor.conv_layers.{number}"
        tensors[f"{name}.conv.weight"] = (width, channels, kernel)
        if shape.conv_bias:
            tensors[f"{name}.conv.bias"] = (width,)
        if shape.conv_norm == "layer" or number == 0:
            tensors |= _norm(f"{name}.layer_norm", width)
        channels = width
    return tensors


def _block(name: str, shape: Shape) -> dict[str, Sizes]:
    hidden, inner = shape.hidden_size, shape.intermediate_size
    tensors = {**_norm(f"{name}.layer_norm", hidden), **_norm(f"{name}.final_layer_norm", hidden)}
    for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
        tensors |= _linear(f"{name}.attention.{part}", hidden, hidden)
    if shape.attention_sinks:
        tensors |= {f"{name}.attention.{sinks}": (shape.attention_sinks, hidden) for sinks in (SINK_KEYS, SINK_VALUES)}
    tensors |= _linear(f"{name}.feed_forward.intermediate_dense", inner, hidden)
    return tensors | _linear(f"{name}.feed_forward.output_dense", hidden, inner)


def _linear(name: str, outputs: int, inputs: int) -> dict[str, Sizes]:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def _norm(name: str, size: int) -> dict[str, Sizes]:
    return {f"{name}.weight": (size,), f"{name}.bias": (size,)}


def sinusoid_table(frames: int, hidden: int) -> npt.NDArray[np.float32]:
    """(T, H): sines, then cosines, of frame / 10000^(i / (H / 2 - 1)), i = 0 .. H / 2 - 1: Whisper's positions."""
    half = hidden // 2
    frequencies = np.exp(-log(LONGEST_WAVELENGTH) / (half - 1) * np.arange(half))
    angles = np.arange(frames)[:, None] * frequencies
    return np.concatenate((np.sin(angles), np.cos(angles)), 1, dtype=np.float32)
