"""Chunks of any size give the features of the whole, and the running gain becomes the segment's own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.features import Waveform, normalise
from models.interim.feature_cache import FeatureCache, RunningNormaliser
from models.interim.split_model import SplitModel
from models.recognizer import Recognizer


def same(waveform: Waveform) -> Waveform:
    return waveform


@given(sizes=st.lists(st.integers(1, 9000), min_size=1, max_size=12), seed=st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_the_shipped_model_hears_chunks_of_any_size_as_one_shot_to_the_last_bit(
    shipped: Recognizer, shipped_pieces: SplitModel, sizes: list[int], seed: int
) -> None:
    sizes = [shipped.bundle.manifest.clock.receptive_field_samples, *sizes]
    waveform = np.random.default_rng(seed).standard_normal(sum(sizes)).astype(np.float32)
    cache, ends = FeatureCache(shipped_pieces, shipped.bundle.manifest.clock), np.cumsum(sizes)
    pieces = [cache.push(chunk, same) for chunk in np.split(waveform, ends[:-1])]
    np.testing.assert_array_equal(np.concatenate(pieces), shipped_pieces.features(waveform))


def test_too_little_for_a_frame_gives_no_row_until_there_is_one(shipped: Recognizer, shipped_pieces: SplitModel) -> None:
    clock = shipped.bundle.manifest.clock
    cache = FeatureCache(shipped_pieces, clock)
    assert cache.push(np.zeros(clock.receptive_field_samples - 1, np.float32), same).shape == (0, shipped_pieces.width)
    assert cache.push(np.zeros(1, np.float32), same).shape == (1, shipped_pieces.width)


@pytest.mark.parametrize("parts", [1, 7])
def test_after_the_whole_segment_the_running_gain_is_its_own(parts: int) -> None:
    waveform = (np.random.default_rng(1).standard_normal(16_000) * 0.1 + 0.02).astype(np.float32)
    gain = RunningNormaliser()
    for chunk in np.array_split(waveform, parts):
        gain.hear(chunk)
    np.testing.assert_allclose(gain.normalise(waveform), normalise(waveform), atol=1e-6)


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0])
def test_one_value_throughout_stays_finite(level: float) -> None:
    gain, waveform = RunningNormaliser(), np.full(16_000, level, np.float32)
    assert np.isfinite(gain.normalise(waveform)).all()
    gain.hear(waveform)
    np.testing.assert_allclose(gain.normalise(waveform), 0, atol=1e-3)
