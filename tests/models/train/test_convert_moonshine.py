"""The student's first blocks compute what the teacher's do."""

from __future__ import annotations

import pytest
import torch
from transformers import MoonshineConfig, MoonshineModel

from models.train.convert_moonshine import as_student
from models.train.moonshine_encoder import HIDDEN, LAYERS, Alignment, MoonshineEncoder
from models.train.wav2vec2 import HarkenWav2Vec2ForCTC

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
