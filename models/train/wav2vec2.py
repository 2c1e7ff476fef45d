"""transformers' Wav2Vec2ForCTC with rotary positions and a channel-last front end. Its parameters and their names are transformers' own.

Legend for the package: B batch, S samples, T frames, H hidden size, V outputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC
from transformers.modeling_outputs import CausalLMOutput
from transformers.models.wav2vec2.modeling_wav2vec2 import Wav2Vec2Attention

from models.export.checkpoint import (
    BUNDLED_WEIGHTS,
    CONFIG,
    OWN_MODEL_TYPE,
    ROTARY_BLOCKS,
    ROTARY_DIMENSIONS,
    STOCK_MODEL_TYPE,
    UNDERSTOOD,
    WEIGHTS,
)
from models.records import FrameClock
from protos.errors import BundleError

BASE_WAVELENGTH = 10_000
HEAD_MULTIPLE = 8
SMALLEST_SINUSOID = 4


class HarkenWav2Vec2Config(Wav2Vec2Config):
    """Wav2Vec2Config, positions of two other kinds, and sinks; without all three it is Wav2Vec2."""

    model_type = OWN_MODEL_TYPE
    rotary_scale: float | int = 0.0
    """The share of the angle by which queries and keys of the first blocks are turned."""
    sinusoidal_positions: bool = False
    """Sines and cosines of each frame's number are added to what enters the first block, as Whisper's encoder has it."""
    attention_sinks: int = 0
    """Learnt keys and values that every block's queries see beside the clip's own (Sukhbaatar et al. 2019)."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One forward pass over a batch."""

    logits: Tensor
    """(B, T, V)."""
    frames: Tensor
    """(B,) int64: of each row; what lies behind is padding."""
    states: tuple[Tensor, ...]
    """(B, T, H) each: what the projection gives, before positions and masks, then what each block gives, before the last norm."""


@dataclass(frozen=True, slots=True)
class Front:
    """What the front end makes of a batch."""

    state: Tensor
    """(B, T, H): what the projection gives."""
    frames: Tensor
    """(B,) int64: of each row; what lies behind is padding."""


class HarkenAttention(Wav2Vec2Attention):
    """Turns the first ROTARY_DIMENSIONS of every query and key by the frame's number times `scale`. Sinks lie nowhere and are not turned."""

    scale = 0.0

    def __init__(self, config: HarkenWav2Vec2Config, scale: float) -> None:
        super().__init__(config.hidden_size, config.num_attention_heads, config=config)
        self.scale = scale
        self.sinks = config.attention_sinks
        if self.sinks:
            self.sink_keys, self.sink_values = (nn.Parameter(torch.zeros(self.sinks, config.hidden_size)) for _ in range(2))

    def forward(self, hidden_states: Tensor, attention_mask: Tensor | None = None, **_: Any) -> tuple[Tensor, None]:
        """(B, T, H) -> (B, T, H), nothing. attention_mask: broadcasts to (B, heads, T, T); boolean, true where a key may be seen."""
        batch, frames, hidden = hidden_states.shape
        query, key, value = (
            project(hidden_states).view(batch, frames, self.num_heads, self.head_dim).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        if self.scale:
            query, key = rotate(query, self.scale), rotate(key, self.scale)
        if self.sinks:
            key, value = behind_sinks(self.sink_keys, key), behind_sinks(self.sink_values, value)
            attention_mask = None if attention_mask is None else functional.pad(attention_mask, (self.sinks, 0), value=True)
        mixed = attend(query, key, value, attention_mask)
        return self.out_proj(mixed.transpose(1, 2).reshape(batch, frames, hidden)), None


class ChannelLastFrontEnd(nn.Module):
    """transformers' conv encoder, channel-last, each convolution one matrix product: bf16 convolutions are slow on CPUs, products are not."""

    def __init__(self, extractor: nn.Module) -> None:
        super().__init__()
        self.conv_layers = extractor.conv_layers

    def forward(self, waveforms: Tensor) -> Tensor:
        """(B, S) -> (B, T, C)."""
        hidden = waveforms[..., None]
        for layer in self.conv_layers:
            hidden = convolve(hidden, layer.conv)
            if isinstance(layer_norm := getattr(layer, "layer_norm", None), nn.GroupNorm):
                hidden = layer_norm(hidden.transpose(1, 2)).transpose(1, 2)
            elif layer_norm is not None:
                hidden = layer_norm(hidden)
            hidden = layer.activation(hidden)
        return hidden


class HarkenWav2Vec2ForCTC(Wav2Vec2ForCTC):
    """Both families of Wav2Vec2 (norms before or after, group or layer norm in the front end). Without dropout, whatever its configuration says.

    A front end with group norm looks at padding too, as it was trained: its rows must be of one length.
    """

    config_class = HarkenWav2Vec2Config

    def __init__(self, config: HarkenWav2Vec2Config) -> None:
        """Raises: BundleError: names the value of the configuration that this class does not understand."""
        check(config)
        super().__init__(config)
        self.wav2vec2.feature_extractor = ChannelLastFrontEnd(self.wav2vec2.feature_extractor)
        for number, block in enumerate(self.wav2vec2.encoder.layers):
            block.attention = HarkenAttention(config, config.rotary_scale if number < ROTARY_BLOCKS else 0.0)
        self.drop(0.0)
        self.post_init()

    def drop(self, share: float) -> None:
        """Share of the blocks' values that is left out in training mode: after attention and twice in the feed-forward part; nowhere else."""
        blocks = set(self.wav2vec2.encoder.layers.modules())
        for module in self.modules():
            if isinstance(module, nn.Dropout):
                module.p = share if module in blocks else 0.0

    def forward(self, input_values: Tensor, attention_mask: Tensor | None = None) -> CausalLMOutput:
        """(B, S) normalised waveforms, (B, S) ones where there is sound -> logits and hidden_states, as transformers names them."""
        samples = input_values.new_full((len(input_values),), input_values.shape[1]) if attention_mask is None else attention_mask.sum(-1)
        heard = self.hear(input_values, samples)
        return CausalLMOutput(logits=heard.logits, hidden_states=heard.states)

    def hear(self, waveforms: Tensor, samples: Tensor, masked: Tensor | None = None) -> Heard:
        """waveforms: (B, S) normalised, zeros behind each row's samples (B,). masked: (B, T) frames of which nothing may be known (SpecAugment)."""
        encoder, front = self.wav2vec2.encoder, self.front(waveforms, samples)
        hidden, states = front.state, [front.state]
        sounding = torch.arange(hidden.shape[1], device=hidden.device) < front.frames[:, None]
        heeded = sounding if masked is None else sounding & ~masked
        hidden = hidden * heeded[..., None]
        hidden = hidden + encoder.pos_conv_embed(hidden)
        if self.config.sinusoidal_positions:
            hidden = hidden + sinusoids(hidden)
        if not self.config.do_stable_layer_norm:
            hidden = encoder.layer_norm(hidden)
        for block in encoder.layers:
            hidden = block(hidden, attention_mask=sounding[:, None, None])
            states.append(hidden)
        if self.config.do_stable_layer_norm:
            hidden = encoder.layer_norm(hidden)
        return Heard(self.lm_head(hidden), front.frames, tuple(states))

    def front(self, waveforms: Tensor, samples: Tensor) -> Front:
        """As `hear`: its first state alone."""
        hidden, _ = self.wav2vec2.feature_projection(self.wav2vec2.feature_extractor(waveforms))
        return Front(hidden, self._get_feat_extract_output_lengths(samples).to(torch.int64))

    @property
    def clock(self) -> FrameClock:
        return FrameClock(self.config.inputs_to_logits_ratio, receptive_field(self.config))

    @classmethod
    def from_pretrained(cls, folder: str | Path, **options: Any) -> Self:
        """In float32: a folder or hub name as for transformers, or a bundle of ours.

        Raises: BundleError: a value of the configuration or a tensor is not understood, or missing.
        """
        options = {"dtype": torch.float32, "output_loading_info": True, **options}
        bundled = Path(folder) / BUNDLED_WEIGHTS
        if bundled.is_file() and not (Path(folder) / WEIGHTS).is_file():
            config = HarkenWav2Vec2Config.from_json_file(Path(folder) / CONFIG)
            return cls._complete(bundled, *super().from_pretrained(None, config=config, state_dict=load_file(bundled), **options))
        return cls._complete(folder, *super().from_pretrained(folder, **options))

    @staticmethod
    def _complete(source: object, model: Any, loading: dict[str, Any]) -> Any:
        """The model: transformers fills what is missing with random numbers and goes on, and a model half made of noise must not be trained."""
        needless = {"wav2vec2.masked_spec_embed"}
        wrong = [f"{name} is missing" for name in set(loading["missing_keys"]) - needless]
        wrong += [f"{name} is not understood" for name in set(loading["unexpected_keys"]) - needless]
        wrong += [f"{name} has another size" for name, *_ in loading["mismatched_keys"]]
        if wrong:
            raise BundleError(f"{source}: {min(wrong)}" + (f" (and {len(wrong) - 1} more)" if wrong[1:] else ""))
        return model

    def save_pretrained(self, folder: str | Path, **options: Any) -> None:
        """As transformers does: without positions of its own a Wav2Vec2, which every tool loads; with them a type of ours, which none does."""
        super().save_pretrained(folder, **options)
        if not (self.config.rotary_scale or self.config.sinusoidal_positions or self.config.attention_sinks):
            path = Path(folder) / CONFIG
            stock = Wav2Vec2Config.from_dict({**self.config.to_dict(), "model_type": STOCK_MODEL_TYPE, "architectures": [Wav2Vec2ForCTC.__name__]})
            stock.to_json_file(path)


def check(config: Wav2Vec2Config) -> None:
    """Raises: BundleError: names the value that this class does not understand."""
    for key, (default, understood) in UNDERSTOOD.items():
        if getattr(config, key, default) != understood:
            raise BundleError(f"{key} is {getattr(config, key)!r}, this model understands {understood!r}")
    if config.sinusoidal_positions and (config.hidden_size % 2 or config.hidden_size < SMALLEST_SINUSOID):
        raise BundleError(f"hidden_size is {config.hidden_size}; for sinusoidal_positions it must be even and at least {SMALLEST_SINUSOID}")
    if config.attention_sinks < 0:
        raise BundleError(f"attention_sinks is {config.attention_sinks}; it must be at least 0")
    scale, head_size = config.rotary_scale, config.hidden_size // config.num_attention_heads
    if not 0 <= scale < float("inf") or (scale > 0 and head_size < ROTARY_DIMENSIONS):
        raise BundleError(
            f"rotary_scale is {scale} with heads of {head_size}; it must be at least 0 and turns {ROTARY_DIMENSIONS} dimensions of each"
        )


def receptive_field(config: Wav2Vec2Config) -> int:
    """Samples that one frame sees."""
    field = 1
    for kernel, stride in zip(reversed(config.conv_kernel), reversed(config.conv_stride), strict=True):
        field = (field - 1) * stride + kernel
    return field


def rotate(states: Tensor, scale: float) -> Tensor:
    """(B, heads, T, D) -> the same, dimensions 2i and 2i+1 of the first 32 turned by frame * scale / 10000^(2i / 32)."""
    frames = torch.arange(states.shape[2], device=states.device, dtype=torch.float32)
    exponents = torch.arange(0, ROTARY_DIMENSIONS, 2, device=states.device, dtype=torch.float32) / ROTARY_DIMENSIONS
    angles = frames[:, None] * (1 / BASE_WAVELENGTH**exponents) * scale
    cosines, sines = (wave.repeat_interleave(2, -1).to(states.dtype) for wave in (angles.cos(), angles.sin()))
    turned, rest = states[..., :ROTARY_DIMENSIONS], states[..., ROTARY_DIMENSIONS:]
    quarter = torch.stack((-turned[..., 1::2], turned[..., 0::2]), -1).flatten(-2)
    return torch.cat((turned * cosines + quarter * sines, rest), -1)


def sinusoids(hidden: Tensor) -> Tensor:
    """(B, T, H) -> (T, H) of its type: sines, then cosines, of frame / 10000^(i / (H / 2 - 1)), i = 0 .. H / 2 - 1: Whisper's positions."""
    _, frames, size = hidden.shape
    exponents = torch.arange(size // 2, device=hidden.device, dtype=torch.float64) / (size // 2 - 1)
    angles = torch.arange(frames, device=hidden.device, dtype=torch.float64)[:, None] * BASE_WAVELENGTH**-exponents
    return torch.cat((angles.sin(), angles.cos()), 1).to(hidden.dtype)


def behind_sinks(sinks: Tensor, states: Tensor) -> Tensor:
    """(N, H) keys or values, (B, heads, T, D) a clip's own -> (B, heads, N + T, D)."""
    batch, heads, _, size = states.shape
    split = sinks.to(states.dtype).view(len(sinks), heads, size).transpose(0, 1)
    return torch.cat((split.expand(batch, -1, -1, -1), states), 2)


def attend(query: Tensor, key: Tensor, value: Tensor, heeded: Tensor | None) -> Tensor:
    """Scaled dot-product attention, (B, heads, T, D) each. A GPU's fast kernels want heads of a multiple of 8: zeros fill them up."""
    size = query.shape[-1]
    short = -size % HEAD_MULTIPLE if query.is_cuda else 0
    if short:
        query, key, value = (functional.pad(states, (0, short)) for states in (query, key, value))
    mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=heeded, scale=size**-0.5)
    return mixed[..., :size]


def convolve(hidden: Tensor, conv: nn.Conv1d) -> Tensor:
    """(B, T, C) -> (B, T', C'): windows side by side, then one product. Without padding, groups or dilation, as Wav2Vec2's are."""
    kernel, stride, weight = conv.kernel_size[0], conv.stride[0], conv.weight
    return functional.linear(_windows(hidden, kernel, stride), weight.permute(0, 2, 1).reshape(len(weight), -1), conv.bias)


def _windows(hidden: Tensor, kernel: int, stride: int) -> Tensor:
    """(B, T, C) -> (B, T', kernel * C). Whole strides are views of the rows; only what is left over of the kernel is gathered tap by tap."""
    batch, length, channels = hidden.shape
    count = (length - kernel) // stride + 1
    whole = kernel // stride * stride
    parts = [hidden[:, offset : offset + count * stride].reshape(batch, count, stride * channels) for offset in range(0, whole, stride)]
    parts += [hidden[:, offset : offset + (count - 1) * stride + 1 : stride] for offset in range(whole, kernel)]
    return torch.cat(parts, 2) if parts[1:] else parts[0]
