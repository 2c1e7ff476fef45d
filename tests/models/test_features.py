"""Samples to waveform and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.features import FULL_SCALE, normalise, pcm_to_waveform, waveform_to_pcm
from protos.errors import InvalidAudio

samples = arrays("<i2", st.integers(2, 400), elements=st.integers(-32768, 32767))


@given(samples)
def test_pcm_survives_the_way_to_float_and_back(pcm: np.ndarray) -> None:
    assert waveform_to_pcm(pcm_to_waveform(pcm.tobytes())) == pcm.tobytes()


@pytest.mark.parametrize(
    ("value", "sample"),
    [(0.0, 0), (1.0, 32767), (2.0, 32767), (-1.0, -32768), (-3.0, -32768), (1e30, 32767), (0.5 / FULL_SCALE, 0), (1.6 / FULL_SCALE, 2)],
)
def test_floats_are_clipped_before_they_are_cast(value: float, sample: int) -> None:
    assert np.frombuffer(waveform_to_pcm(np.array([value])), "<i2")[0] == sample


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_sample_that_is_not_finite_is_refused_by_name(bad: float) -> None:
    waveform = np.array([0.0, 0.1, bad, np.nan], np.float32)
    with pytest.raises(InvalidAudio, match="sample 2 is"):
        waveform_to_pcm(waveform)
    with pytest.raises(InvalidAudio, match="not finite"):
        normalise(waveform)


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(InvalidAudio, match="3 bytes"):
        pcm_to_waveform(b"abc")


def test_no_samples_are_no_waveform() -> None:
    assert pcm_to_waveform(b"").shape == (0,)
    assert normalise(pcm_to_waveform(b"")).shape == (0,)
    assert waveform_to_pcm(np.zeros(0)) == b""


@given(samples.filter(lambda pcm: np.ptp(pcm) > 100))
def test_a_normalised_waveform_has_mean_0_and_variance_1(pcm: np.ndarray) -> None:
    waveform = normalise(pcm_to_waveform(pcm.tobytes()))
    assert waveform.dtype == np.float32
    assert waveform.mean(dtype=np.float64) == pytest.approx(0, abs=1e-5)
    assert waveform.std(dtype=np.float64) == pytest.approx(1, abs=0.2)  # the floor weighs most where little is heard


def test_loudness_and_offset_do_not_matter() -> None:
    speech = np.random.default_rng(1).standard_normal(4000).astype(np.float32)
    np.testing.assert_allclose(normalise(0.1 * speech), normalise(0.01 * speech + 0.3), atol=5e-3)


@pytest.mark.parametrize("level", [0, 1, 12345, -32768])
def test_one_value_throughout_is_silence(level: int) -> None:
    pcm = np.full(5000, level, "<i2").tobytes()
    assert not normalise(pcm_to_waveform(pcm)).any()
