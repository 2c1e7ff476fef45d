"""A student's checkpoint is one that the exporter and the trainer read, with its teacher's licence beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from models.data.teachers import MOONSHINE_TINY, WHISPER_BASE
from models.export.checkpoint import read_checkpoint
from models.train import convert
from models.train.checkpoints import read_heads
from models.train.convert import FLOOR, OUTPUTS, fill_block, start_first_layer, write_student
from models.train.filter_bank import BANDS, PHASES
from models.train.wav2vec2 import HarkenWav2Vec2ForCTC
from protos.errors import ConfigurationError
from tests.models.train.test_wav2vec2 import tiny

pytestmark = pytest.mark.train


@pytest.mark.parametrize(("teacher", "name"), [(MOONSHINE_TINY, "moonshine-MIT.txt"), (WHISPER_BASE, "whisper-MIT.txt")])
def test_the_checkpoint_is_read_by_exporter_and_trainer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, teacher: str, name: str) -> None:
    licence = tmp_path / "LICENSE"
    licence.write_text("MIT License")
    monkeypatch.setattr(convert, "_licence", lambda _: licence)
    student, folder = tiny(1.0, vocab_size=OUTPUTS), tmp_path / "start"
    write_student(student, folder, teacher)
    assert read_checkpoint(folder).shape.layers == 7
    assert [(head.name, head.first, head.size, head.blank) for head in read_heads(folder)] == [("phones", 0, 40, 0), ("characters", 40, 29, 40)]
    assert (folder / "LICENSES" / name).read_text() == "MIT License"
    again = HarkenWav2Vec2ForCTC.from_pretrained(folder)
    assert torch.equal(again.lm_head.weight, student.lm_head.weight)
    with pytest.raises(ConfigurationError, match="is there already"):
        write_student(student, folder, teacher)


def test_without_the_teachers_package_its_licence_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convert, "files", lambda _: [])
    with pytest.raises(ConfigurationError, match="moonshine-voice is installed without its licence"):
        convert._licence("moonshine-voice")


@torch.no_grad()
def test_a_block_takes_what_is_named_and_zero_biases_for_the_rest() -> None:
    block = tiny().wav2vec2.encoder.layers[0]
    weights = {name: np.full(tuple(parameter.shape), 0.5, np.float32) for name, parameter in block.named_parameters() if "k_proj.bias" not in name}
    fill_block(block, weights)
    assert not block.attention.k_proj.bias.any()
    assert (block.attention.k_proj.weight == 0.5).all()
    assert (block.final_layer_norm.bias == 0.5).all()
    del weights["attention.k_proj.weight"]
    with pytest.raises(ConfigurationError, match=r"the teacher's block has no attention\.k_proj\.weight"):
        fill_block(block, weights)


@torch.no_grad()
def test_the_first_layer_is_a_filter_bank_and_constants() -> None:
    conv = torch.nn.Conv1d(1, BANDS * PHASES + 4, 400)
    start_first_layer(conv, [torch.randn(16_000)])
    assert conv.weight[: BANDS * PHASES].any(2).all()
    assert not conv.weight[BANDS * PHASES :].any()
    assert not conv.bias[: BANDS * PHASES].any()
    assert torch.allclose(conv.bias[BANDS * PHASES :], torch.tensor([FLOOR, -FLOOR, FLOOR, -FLOOR]))
