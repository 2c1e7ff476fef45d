"""Moonshine's encoder blocks moved into a Wav2Vec2: the same pre-norm block, so a new front end and head start on what a teacher already knows.

What is new: the front end (its first layer a filter bank that stays as it is), the position convolution (near zero), two blocks on top, the head. A
first training with the regression brings the front end to where the teacher's was; the seed was made so.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from importlib.metadata import files
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models.bundle import HEADS, LICENCES
from models.pronounce.alphabet import PHONES
from models.train.filter_bank import BANDS, PHASES, filter_bank, whitened
from models.train.teacher import HEADS as ATTENTION_HEADS
from models.train.teacher import HIDDEN, LAYERS
from models.train.wav2vec2 import HarkenWav2Vec2Config, HarkenWav2Vec2ForCTC
from protos.errors import ConfigurationError

BLANK, LETTERS = "<blank>", "|'abcdefghijklmnopqrstuvwxyz"
# A product's columns are fastest in eights: the last three outputs stand for nothing.
OUTPUTS = 72
NEW_BLOCKS = 2
PACKAGE, LICENCE_FILE = "moonshine-voice", "moonshine-MIT.txt"
# Constant channels of the first layer: with them its layer norm keeps how loud a frame is, and does not blow up silence.
FLOOR = 0.57
# Start of the second layer: how much of a band's magnitude it takes from the filter bank, and how much stays random.
MAGNITUDE, RANDOM = 0.8, 0.3


def as_student(weights: Mapping[str, np.ndarray], clips: Sequence[Tensor], rotary_scale: float) -> HarkenWav2Vec2ForCTC:
    """weights: of `teacher.encoder_weights`. clips: normalised waveforms (S,) to scale filters on. rotary_scale 1: the teacher's positions."""
    model = HarkenWav2Vec2ForCTC(_config(rotary_scale))
    with torch.no_grad():
        _start_front_end(model.wav2vec2.feature_extractor.conv_layers, clips)
        for number in range(LAYERS):
            _copy_block(model.wav2vec2.encoder.layers[number], weights, f"layers.{number}")
        for name, parameter in model.wav2vec2.encoder.pos_conv_embed.named_parameters():
            if name.endswith("original0"):
                parameter.fill_(1e-3)
            elif name.endswith("bias"):
                parameter.zero_()
        model.lm_head.weight.mul_(0.5)
        model.lm_head.bias.zero_()
    return model


def write_student(model: HarkenWav2Vec2ForCTC, folder: Path) -> None:
    """A checkpoint that `harken-models train` starts from, with its heads and the teacher's licence. Raises: ConfigurationError: folder is there."""
    if folder.exists():
        raise ConfigurationError(f"{folder} is there already; name a new one")
    model.save_pretrained(folder)
    heads = [_head("phones", 0, (BLANK, *PHONES)), _head("characters", 1 + len(PHONES), (BLANK, *LETTERS))]
    (folder / HEADS).write_text(json.dumps({"heads": heads}, indent=1) + "\n")
    (folder / LICENCES).mkdir()
    shutil.copyfile(_licence(), folder / LICENCES / LICENCE_FILE)


def _config(rotary_scale: float) -> HarkenWav2Vec2Config:
    dropouts = ("hidden_dropout", "attention_dropout", "activation_dropout", "feat_proj_dropout", "final_dropout", "layerdrop")
    return HarkenWav2Vec2Config(
        rotary_scale=rotary_scale,
        vocab_size=OUTPUTS,
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS + NEW_BLOCKS,
        num_attention_heads=ATTENTION_HEADS,
        intermediate_size=4 * HIDDEN,
        conv_dim=[256, 320, 384, 384, 384],
        conv_kernel=[320, 6, 4, 3, 3],
        conv_stride=[64, 3, 2, 1, 1],
        num_feat_extract_layers=5,
        feat_extract_norm="layer",
        conv_bias=True,
        do_stable_layer_norm=True,
        num_conv_pos_embeddings=48,
        apply_spec_augment=False,
        ctc_zero_infinity=True,
        **dict.fromkeys(dropouts, 0.0),
    )


def _start_front_end(layers: nn.ModuleList, clips: Sequence[Tensor]) -> None:
    first, kernel = layers[0].conv, layers[0].conv.kernel_size[0]
    filters = whitened(filter_bank(kernel), clips)
    first.weight.zero_()
    first.weight[: len(filters), 0] = filters
    first.bias.zero_()
    first.bias[len(filters) :] = FLOOR * torch.tensor([1.0, -1.0]).repeat((len(first.bias) - len(filters)) // 2)
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


def _copy_block(block: nn.Module, weights: Mapping[str, np.ndarray], name: str) -> None:
    pairs = {
        block.attention.q_proj: "self_attn.q_proj",
        block.attention.k_proj: "self_attn.k_proj",
        block.attention.v_proj: "self_attn.v_proj",
        block.attention.out_proj: "self_attn.o_proj",
        block.layer_norm: "input_layernorm",
        block.final_layer_norm: "post_attention_layernorm",
        block.feed_forward.intermediate_dense: "mlp.fc1",
        block.feed_forward.output_dense: "mlp.fc2",
    }
    for mine, theirs in pairs.items():
        mine.weight.copy_(torch.from_numpy(weights[f"{name}.{theirs}.weight"]))
        bias = weights.get(f"{name}.{theirs}.bias")
        mine.bias.copy_(torch.zeros_like(mine.bias) if bias is None else torch.from_numpy(bias))


def _head(name: str, first: int, tokens: Sequence[str]) -> dict[str, object]:
    return {"name": name, "first": first, "size": len(tokens), "blank": first, "tokens": list(tokens)}


def _licence() -> Path:
    """Of the teacher's package."""
    found = next((path for path in files(PACKAGE) or [] if path.name == "LICENSE"), None)
    if found is None:
        raise ConfigurationError(f"{PACKAGE} is installed without its licence, which must go with what is made of it")
    return Path(str(found.locate()))
