"""A handful of keys and values stands in for the silence that fills a window."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import WhisperConfig, WhisperModel

from models.train import sinks
from models.train.sinks import Attended, fit, start, with_sinks
from models.train.wav2vec2 import attend
from models.train.whisper_encoder import WhisperEncoder
from tests.models.train.test_whisper_encoder import OTHERS, ctranslate2_names, loud

pytestmark = pytest.mark.train

HEADS, SIZE = 2, 8


def attended(frames: int, silence: tuple[torch.Tensor, torch.Tensor]) -> Attended:
    """Queries, keys and values of a clip, and what attention gives with this silence beside them."""
    query, key, value = torch.randn(3, HEADS, frames, SIZE)
    # Whisper's queries have much in common, by which a key can be heeded whatever is asked.
    query = query + 3
    mixed = attend(query, torch.cat((key, silence[0]), 1), torch.cat((value, silence[1]), 1), None)
    return Attended(query, key, value, mixed)


def error(ones: list[Attended], keys: torch.Tensor, values: torch.Tensor) -> float:
    found = [attend(one.query, torch.cat((keys, one.key), 1), torch.cat((values, one.value), 1), None) - one.mixed for one in ones]
    return float(torch.cat(found, 1).pow(2).mean() / torch.cat([one.mixed for one in ones], 1).var())


def test_fewer_keys_do_the_work_of_a_long_silence_on_clips_not_seen() -> None:
    torch.manual_seed(1)
    silence = tuple(torch.randn(HEADS, 1, SIZE) + 0.2 * torch.randn(HEADS, 400, SIZE) for _ in range(2))
    seen, unseen = ([attended(40, silence) for _ in range(8)] for _ in range(2))
    nothing = torch.zeros(HEADS, 0, SIZE)
    begun = start(seen, [tuple(torch.stack([part.mean(1) for part in states.tensor_split(4, 1)], 1) for states in silence)])
    fitted = fit(seen, begun)
    assert fitted[0].shape == fitted[1].shape == (HEADS, 4, SIZE)
    assert error(unseen, *fitted) < error(unseen, nothing, nothing) / 10
    assert error(unseen, *fitted) < error(unseen, *begun)


def test_of_a_clip_longer_than_the_window_the_beginning_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks, "WINDOW_S", 1.0)
    monkeypatch.setattr(sinks, "CLIP_S", 0.5)
    torch.manual_seed(1)
    config = WhisperConfig(d_model=128, encoder_layers=1, encoder_attention_heads=2, encoder_ffn_dim=96, **OTHERS)
    plain, clip = ctranslate2_names(WhisperModel(config)), loud(24_000)[0]
    whole, beginning = (with_sinks(plain, [heard], count=2) for heard in (clip, clip[:8000]))
    assert all(np.isfinite(array).all() and np.array_equal(array, beginning[name]) for name, array in whole.items())


@torch.no_grad()
def test_last_states_of_a_clip_come_near_those_of_its_whole_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks, "WINDOW_S", 4.0)
    torch.manual_seed(1)
    config = WhisperConfig(d_model=128, encoder_layers=2, encoder_attention_heads=2, encoder_ffn_dim=96, **OTHERS)
    plain = ctranslate2_names(WhisperModel(config))
    # Random attention is nearly even; a real one chooses.
    for number in range(2):
        plain[f"layer_{number}/self_attention/linear_0/weight"] *= 8
    clips = [loud(samples)[0] * (1 + torch.sin(torch.arange(samples) / 900)) for samples in (9000, 12_000, 15_000)]
    fitted = with_sinks(plain, clips[:2], count=4)
    assert {name for name in fitted if name not in plain} == {
        f"layer_{number}/self_attention/sink_{kind}" for number in range(2) for kind in ("keys", "values")
    }
    assert all(np.array_equal(fitted[name], plain[name]) for name in plain)
    samples = torch.tensor([15_000])
    whole = WhisperEncoder(plain, silence_s=4.0 - 15_000 / 16_000)(clips[2][None], samples)[0][-1]
    alone, helped = (WhisperEncoder(weights)(clips[2][None], samples)[0][-1] for weights in (plain, fitted))
    assert (helped - whole).pow(2).mean() < (alone - whole).pow(2).mean() / 4
