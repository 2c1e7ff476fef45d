"""Each band answers its own tone, whatever the tone's phase."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from models.train.filter_bank import BANDS, PHASES, WHITENING_STRIDE, filter_bank, whitened

pytestmark = pytest.mark.train


def power(filters: torch.Tensor, hertz: float, phase: float) -> torch.Tensor:
    """(BANDS,): all phases of a band together."""
    tone = torch.sin(2 * math.pi * hertz * torch.arange(8000) / 16_000 + phase)
    return functional.conv1d(tone[None, None], filters[:, None], stride=64)[0].pow(2).mean(1).reshape(BANDS, PHASES).sum(1)


@pytest.mark.parametrize("hertz", [300.0, 1000.0, 3500.0])
def test_a_tone_is_loudest_in_the_band_around_it_at_any_phase(hertz: float) -> None:
    filters = filter_bank(320)
    mel = [2595 * math.log10(1 + edge / 700) for edge in (70.0, 7600.0, hertz)]
    nearest = round((mel[2] - mel[0]) / (mel[1] - mel[0]) * (BANDS + 1)) - 1
    answers = [power(filters, hertz, phase) for phase in (0.0, 0.7, 1.9)]
    assert all(abs(int(answer.argmax()) - nearest) <= 1 for answer in answers)
    assert torch.allclose(answers[0], answers[1], rtol=0.05, atol=1e-3)
    assert filters.norm(dim=1).allclose(torch.ones(BANDS * PHASES))


def test_whitened_bands_are_equally_loud_on_the_speech_they_were_scaled_on() -> None:
    torch.manual_seed(1)
    clips = [torch.cumsum(torch.randn(16_000), 0) for _ in range(3)]
    clips = [(clip - clip.mean()) / clip.std() for clip in clips]
    filters = whitened(filter_bank(320), clips)
    heard = torch.cat([functional.conv1d(clip[None, None], filters[:, None], stride=WHITENING_STRIDE)[0] for clip in clips], 1)
    assert heard.pow(2).mean(1).sqrt().reshape(BANDS, PHASES).mean(1).allclose(torch.ones(BANDS), atol=1e-4)
