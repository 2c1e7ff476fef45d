"""Moonshine's encoder blocks moved into a Wav2Vec2: the same pre-norm block, so a new front end and head start on what a teacher already knows.

What is new: the front end (its first layer a filter bank that stays as it is), the position convolution (near zero), two blocks on top, the head. A
first training with the regression brings the front end to where the teacher's was; the seed was made so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from models.train.convert import CONFIGURATION, fill_block, start_first_layer
from models.train.filter_bank import BANDS, PHASES
from models.train.moonshine_encoder import HEADS as ATTENTION_HEADS
from models.train.moonshine_encoder import HIDDEN, LAYERS
from models.train.wav2vec2 import HarkenWav2Vec2Config, HarkenWav2Vec2ForCTC

NEW_BLOCKS = 2
# Start of the second layer: how much of a band's magnitude it takes from the filter bank, and how much stays random.
MAGNITUDE, RANDOM = 0.8, 0.3


def as_student(weights: Mapping[str, np.ndarray], clips: Sequence[Tensor], rotary_scale: float) -> HarkenWav2Vec2ForCTC:
    """weights: of `moonshine_encoder.encoder_weights`. clips: normalised waveforms (S,) to scale filters on. rotary_scale 1: its own positions."""
    model = HarkenWav2Vec2ForCTC(_config(rotary_scale))
    with torch.no_grad():
        _start_front_end(model.wav2vec2.feature_extractor.conv_layers, clips)
        for number in range(LAYERS):
            fill_block(model.wav2vec2.encoder.layers[number], _block_weights(weights, f"layers.{number}"))
        for name, parameter in model.wav2vec2.encoder.pos_conv_embed.named_parameters():
            if name.endswith("original0"):
                parameter.fill_(1e-3)
            elif name.endswith("bias"):
                parameter.zero_()
        model.lm_head.weight.mul_(0.5)
        model.lm_head.bias.zero_()
    return model


def _config(rotary_scale: float) -> HarkenWav2Vec2Config:
    return HarkenWav2Vec2Config(
        rotary_scale=rotary_scale,
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS + NEW_BLOCKS,
        num_attention_heads=ATTENTION_HEADS,
        intermediate_size=4 * HIDDEN,
        conv_dim=[256, 320, 384, 384, 384],
        conv_kernel=[320, 6, 4, 3, 3],
        conv_stride=[64, 3, 2, 1, 1],
        num_feat_extract_layers=5,
        num_conv_pos_embeddings=48,
        **CONFIGURATION,
    )


def _start_front_end(layers: nn.ModuleList, clips: Sequence[Tensor]) -> None:
    start_first_layer(layers[0].conv, clips)
    for layer in layers[1:]:
        layer.conv.weight.copy_(torch.randn_like(layer.conv.weight) * (1.2 / layer.conv.weight[0].numel()) ** 0.5)
        layer.conv.bias.zero_()
    _take_magnitudes(layers[1].conv.weight)


def _take_magnitudes(weight: Tensor) -> None:
    """The second layer's first channels: every band's phases together, once up and once down, over six hops."""
    hops = weight.shape[2]
    window = torch.hann_window(hops + 2, periodic=False)[1:-1]
    window = window / window.norm() * MAGNITUDE
    for band in range(BANDS):
        for row, sign in ((band, 1), (BANDS + band, -1)):
            weight[row] *= RANDOM
            weight[row, PHASES * band : PHASES * (band + 1)] += sign * window


def _block_weights(weights: Mapping[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    """By transformers' names within a block."""
    theirs = {
        "attention.q_proj": "self_attn.q_proj",
        "attention.k_proj": "self_attn.k_proj",
        "attention.v_proj": "self_attn.v_proj",
        "attention.out_proj": "self_attn.o_proj",
        "layer_norm": "input_layernorm",
        "final_layer_norm": "post_attention_layernorm",
        "feed_forward.intermediate_dense": "mlp.fc1",
        "feed_forward.output_dense": "mlp.fc2",
    }
    found = {f"{mine}.{kind}": weights.get(f"{name}.{named}.{kind}") for mine, named in theirs.items() for kind in ("weight", "bias")}
    return {mine: array for mine, array in found.items() if array is not None}
