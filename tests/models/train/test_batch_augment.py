from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from models.features import normalise
from models.train.batch_augment import BatchAugmenter, normalised
from models.train.recipe import Augmentation

pytestmark = pytest.mark.train

CPU = torch.device("cpu")
NONE = Augmentation(room=0, noise=0, band=0, codec=0, clip=0, masks=0)
SAMPLES = torch.tensor([8000, 5000, 3000])


def clips() -> torch.Tensor:
    waveforms = torch.randn(3, 8000, generator=torch.Generator().manual_seed(1)) * 0.1
    return waveforms * (torch.arange(8000) < SAMPLES[:, None])


def augmenter(recipe: Augmentation, seed: int = 1) -> BatchAugmenter:
    return BatchAugmenter(recipe, [np.sin(np.arange(700, dtype=np.float32)), np.ones(90, np.float32)], seed, CPU)


@pytest.mark.parametrize("effect", ["room", "noise", "band", "codec", "clip", "masks"])
def test_each_effect_changes_the_speech_and_nothing_behind_it(effect: str) -> None:
    heard = augmenter(replace(NONE, **{effect: 1}))(clips(), SAMPLES, 1.0)
    assert heard.shape == (3, 8000)
    assert torch.isfinite(heard).all()
    for row, count in enumerate(SAMPLES):
        assert not heard[row, count:].any()
        assert not torch.allclose(heard[row, :count], clips()[row, :count], atol=1e-4)


def test_without_strength_or_where_rows_are_left_alone_nothing_changes() -> None:
    loud = Augmentation(room=1, noise=1, band=1, codec=1, clip=1, masks=3)
    assert torch.equal(augmenter(loud)(clips(), SAMPLES, 0.0), clips())
    assert torch.equal(augmenter(loud)(clips(), SAMPLES, 1.0, untouched=1.0), clips())


def test_noise_is_as_loud_as_asked() -> None:
    heard = augmenter(replace(NONE, noise=1, snr_db=(10.0, 10.0)))(clips(), SAMPLES, 1.0)
    ratio = clips().square().sum(1) / (heard - clips()).square().sum(1)
    assert (10 * ratio.log10()).tolist() == pytest.approx([10.0] * 3, abs=0.01)


def test_silence_stays_finite() -> None:
    heard = augmenter(Augmentation(room=1, noise=1, band=1, codec=1, clip=1, masks=3))(torch.zeros(2, 4000), torch.tensor([4000, 100]), 1.0)
    assert torch.isfinite(heard).all()
    assert torch.isfinite(normalised(heard, torch.tensor([4000, 100]))).all()


def test_a_seed_gives_its_own_rows_again() -> None:
    loud = Augmentation(room=1, noise=1, masks=3)
    first, again, other = (augmenter(loud, seed)(clips(), SAMPLES, 1.0) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_hidden_frames_are_within_each_row_and_at_most_a_third_of_it() -> None:
    frames = torch.tensor([90, 30, 2])
    hidden = torch.stack([augmenter(Augmentation(masks=6, mask_frames=20), seed).hidden_frames(frames, 90, 1.0) for seed in range(40)])
    assert hidden.shape == (40, 3, 90)
    assert (hidden.sum(2) <= frames // 3).all()
    assert hidden[:, 0].any()
    assert hidden[:, 1].any()
    for row, count in enumerate(frames):
        assert not hidden[:, row, count:].any()
    assert not augmenter(replace(NONE, masks=0)).hidden_frames(frames, 90, 1.0).any()


def test_rows_are_normalised_as_a_server_does_it() -> None:
    heard = normalised(clips() + 0.3 * (torch.arange(8000) < SAMPLES[:, None]), SAMPLES)
    for row, count in enumerate(SAMPLES):
        np.testing.assert_allclose(heard[row, :count], normalise((clips() + 0.3)[row, :count].numpy()), atol=1e-4)
        assert not heard[row, count:].any()
