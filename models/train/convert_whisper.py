"""Whisper base's encoder moved into a Wav2Vec2 of 16 million weights: the same pre-norm block and positions, fewer feed-forward neurons.

What is new: the front end, which has the log-mel spectrum to learn (its first layer starts as a filter bank), the position convolution (zero) and the
head. Trained in stages: the front end alone, then the head alone, then all (docs/training.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from models.train.convert import CONFIGURATION, fill_block, start_first_layer
from models.train.thin import thinned
from models.train.wav2vec2 import HarkenWav2Vec2Config, HarkenWav2Vec2ForCTC, sinusoids
from models.train.whisper_encoder import HEAD_SIZE, HOP, STRIDE, WINDOW, WhisperEncoder

NEURONS = 1152
FILTERS = 384
# How far the head's first guesses are drawn to zero.
HEAD_SHRINK = 0.3


def as_student(weights: Mapping[str, np.ndarray], clips: Sequence[Tensor], neurons: int = NEURONS) -> HarkenWav2Vec2ForCTC:
    """weights: of `sinks.with_sinks`. clips: normalised waveforms (S,), to scale filters and to choose neurons on: some minutes."""
    hidden, thick = len(weights["conv1/bias"]), len(weights["layer_0/ffn/linear_0/bias"])
    layers = sum(name.endswith("ffn/linear_0/bias") for name in weights)
    sinks = len(weights["layer_0/self_attention/sink_keys"])
    model = HarkenWav2Vec2ForCTC(_config(hidden, thick, layers, sinks)).eval()
    with torch.no_grad():
        start_first_layer(model.wav2vec2.feature_extractor.conv_layers[0].conv, clips)
        for number, block in enumerate(model.wav2vec2.encoder.layers):
            fill_block(block, _block_weights(weights, f"layer_{number}"))
        norm = model.wav2vec2.encoder.layer_norm
        norm.weight.copy_(torch.from_numpy(weights["layer_norm/gamma"]))
        norm.bias.copy_(torch.from_numpy(weights["layer_norm/beta"]))
        for name, parameter in model.wav2vec2.encoder.pos_conv_embed.named_parameters():
            if name.endswith(("original0", "bias")):
                parameter.zero_()
        model.lm_head.weight.mul_(HEAD_SHRINK)
        model.lm_head.bias.zero_()
        teacher = WhisperEncoder(weights)
        entering = [_entering(teacher, clip) for clip in clips]
    return thinned(model, entering, neurons)


def _entering(teacher: WhisperEncoder, clip: Tensor) -> Tensor:
    """(S,) -> (1, T, H): what the teacher's first block gets."""
    state = teacher(clip[None], torch.tensor([len(clip)]))[0][0]
    return state + sinusoids(state)


def _block_weights(weights: Mapping[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    """By transformers' names within a block."""
    theirs = {
        "layer_norm": "self_attention/layer_norm",
        "attention.out_proj": "self_attention/linear_1",
        "final_layer_norm": "ffn/layer_norm",
        "feed_forward.intermediate_dense": "ffn/linear_0",
        "feed_forward.output_dense": "ffn/linear_1",
    }
    mine = {}
    for part, named in theirs.items():
        weight, bias = ("gamma", "beta") if "layer_norm" in part else ("weight", "bias")
        mine[f"{part}.weight"], mine[f"{part}.bias"] = weights[f"{name}/{named}/{weight}"], weights[f"{name}/{named}/{bias}"]
    for kind in ("weight", "bias"):
        parts = np.split(weights[f"{name}/self_attention/linear_0/{kind}"], 3)
        mine |= {f"attention.{letter}_proj.{kind}": part for letter, part in zip("qkv", parts, strict=True)}
    mine |= {f"attention.{sinks}": weights[f"{name}/self_attention/{sinks}"] for sinks in ("sink_keys", "sink_values")}
    return mine


def _config(hidden: int, neurons: int, layers: int, sinks: int) -> HarkenWav2Vec2Config:
    return HarkenWav2Vec2Config(
        sinusoidal_positions=True,
        attention_sinks=sinks,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=hidden // HEAD_SIZE,
        intermediate_size=neurons,
        conv_dim=[FILTERS, hidden, hidden, hidden],
        conv_kernel=[WINDOW, 3, 3, 1],
        conv_stride=[HOP, 1, STRIDE, 1],
        num_feat_extract_layers=4,
        num_conv_pos_embeddings=8,
        **CONFIGURATION,
    )
