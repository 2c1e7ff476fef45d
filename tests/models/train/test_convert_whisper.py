"""The student computes what Whisper's blocks do, as far as its neurons are kept."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import WhisperConfig, WhisperModel

from models.train.convert_whisper import as_student
from models.train.sinks import with_sinks
from models.train.wav2vec2 import sinusoids
from models.train.whisper_encoder import CLOCK, WhisperEncoder
from tests.models.train.test_whisper_encoder import OTHERS, ctranslate2_names, loud

pytestmark = pytest.mark.train

NEURONS = 96


@pytest.fixture(scope="module")
def clips() -> list[torch.Tensor]:
    return [loud(samples)[0] for samples in (16_000, 20_000)]


@pytest.fixture(scope="module")
def weights(clips: list[torch.Tensor]) -> dict[str, np.ndarray]:
    torch.manual_seed(1)
    config = WhisperConfig(d_model=128, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=NEURONS, **OTHERS)
    return with_sinks(ctranslate2_names(WhisperModel(config)), clips, count=2)


@torch.no_grad()
@pytest.mark.parametrize(("kept", "tolerance"), [(NEURONS, 1e-4), (NEURONS * 3 // 4, 0.2)])
def test_blocks_give_the_teachers_states(weights: dict[str, np.ndarray], clips: list[torch.Tensor], kept: int, tolerance: float) -> None:
    student, teacher = as_student(weights, clips, kept).eval(), WhisperEncoder(weights)
    states, _ = teacher(clips[0][None], torch.tensor([len(clips[0])]))
    hidden = states[0] + sinusoids(states[0])
    for number, block in enumerate(student.wav2vec2.encoder.layers):
        hidden = block(hidden)
        assert (hidden - states[number + 1]).abs().max() < tolerance
    assert student.config.intermediate_size == kept


@torch.no_grad()
def test_it_hears_at_the_teachers_pace(weights: dict[str, np.ndarray], clips: list[torch.Tensor]) -> None:
    student = as_student(weights, clips, NEURONS).eval()
    heard = student.hear(clips[0][None], torch.tensor([len(clips[0])]))
    assert student.clock == CLOCK
    assert torch.isfinite(heard.logits).all()
    assert not student.wav2vec2.encoder.pos_conv_embed(heard.states[0]).any()
