"""The student's first blocks compute what the teacher's do; the checkpoint is one that the exporter and the trainer read."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import MoonshineConfig, MoonshineModel

from models.export.checkpoint import read_checkpoint
from models.train import convert
from models.train.checkpoints import read_heads
from models.train.convert import as_student, write_student
from models.train.teacher import HIDDEN, LAYERS, Alignment, MoonshineEncoder
from models.train.wav2vec2 import HarkenWav2Vec2ForCTC
from protos.errors import ConfigurationError

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    encoder = MoonshineModel(MoonshineConfig(hidden_size=HIDDEN, encoder_num_hidden_layers=LAYERS, decoder_num_hidden_layers=1)).encoder
    return {name: tensor.numpy() for name, tensor in encoder.state_dict().items()}


@pytest.fixture(scope="module")
def student(weights: dict[str, torch.Tensor]) -> HarkenWav2Vec2ForCTC:
    torch.manual_seed(2)
    return as_student(weights, [torch.randn(16_000)], 1.0).eval()


@torch.no_grad()
def test_blocks_give_the_teachers_states(weights: dict[str, torch.Tensor], student: HarkenWav2Vec2ForCTC) -> None:
    waveform = torch.randn(1, 16_000) * 0.1
    states, _ = MoonshineEncoder(weights)(waveform, torch.tensor([16_000]))
    hidden = states[0]
    for number in range(LAYERS):
        hidden = student.wav2vec2.encoder.layers[number](hidden)
        assert torch.allclose(hidden, states[number + 1], atol=1e-3)


@torch.no_grad()
def test_it_hears_at_the_teachers_pace(student: HarkenWav2Vec2ForCTC) -> None:
    heard = student.hear(torch.randn(1, 16_000), torch.tensor([16_000]))
    assert torch.isfinite(heard.logits).all()
    assert Alignment.to(student.clock, HIDDEN) == Alignment(2, 96)


def test_the_checkpoint_is_read_by_exporter_and_trainer(student: HarkenWav2Vec2ForCTC, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    licence = tmp_path / "LICENSE"
    licence.write_text("MIT License")
    monkeypatch.setattr(convert, "_licence", lambda: licence)
    folder = tmp_path / "start"
    write_student(student, folder)
    assert read_checkpoint(folder).shape.layers == LAYERS + 2
    assert [(head.name, head.first, head.size, head.blank) for head in read_heads(folder)] == [("phones", 0, 40, 0), ("characters", 40, 29, 40)]
    assert (folder / "LICENSES" / "moonshine-MIT.txt").read_text() == "MIT License"
    again = HarkenWav2Vec2ForCTC.from_pretrained(folder)
    assert torch.equal(again.lm_head.weight, student.lm_head.weight)
    with pytest.raises(ConfigurationError, match="is there already"):
        write_student(student, folder)


def test_without_the_teachers_package_its_licence_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convert, "files", lambda _: [])
    with pytest.raises(ConfigurationError, match="without its licence"):
        convert._licence()
