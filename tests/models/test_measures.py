"""Measures of signals whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from models.measures import measures, pitch_hz, snr_db
from models.records import Recognition, Sounds
from protos.messages import SAMPLE_RATE_HZ, FinalReason, Hypothesis

NOTHING = Recognition(FinalReason.NO_SPEECH, (), ())


def voice(hertz: float, seconds: float = 1.0) -> np.ndarray:
    """Pulses through a resonance: harmonics louder than the fundamental, as in speech."""
    time_s = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    pulses = (np.diff(np.floor(time_s * hertz), prepend=0) > 0).astype(float)
    ringing = np.exp(-np.arange(400) / 60) * np.sin(2 * np.pi * 700 * np.arange(400) / SAMPLE_RATE_HZ)
    return (0.3 * np.convolve(pulses, ringing)[: len(time_s)]).astype(np.float32)


@pytest.mark.parametrize("hertz", [80, 120, 210, 330, 450])
def test_the_pitch_of_a_voice(hertz: float) -> None:
    found = pitch_hz(voice(hertz))
    assert found == pytest.approx(hertz, rel=0.03)


def test_the_pitch_of_a_voice_in_noise_and_pauses() -> None:
    rng = np.random.default_rng(1)
    sound = np.concatenate([np.zeros(8000, np.float32), voice(140), np.zeros(8000, np.float32)])
    noisy = (sound + rng.normal(0, 0.01, len(sound))).astype(np.float32)
    assert pitch_hz(noisy) == pytest.approx(140, rel=0.03)


@pytest.mark.parametrize(
    "sound",
    [np.zeros(16_000, np.float32), np.zeros(100, np.float32), np.random.default_rng(1).normal(0, 0.1, 16_000).astype(np.float32)],
)
def test_silence_a_click_and_noise_have_no_pitch(sound: np.ndarray) -> None:
    assert pitch_hz(sound) is None


def test_level_is_of_full_scale() -> None:
    square = np.tile([0.1, -0.1], 8000).astype(np.float32)
    assert measures(square, NOTHING)["level_dbfs"] == pytest.approx(-20)
    assert "level_dbfs" not in measures(np.zeros(16_000, np.float32), NOTHING)


def test_a_loud_half_over_a_quiet_one() -> None:
    rng = np.random.default_rng(1)
    sound = np.concatenate([rng.normal(0, 0.1, 16_000), rng.normal(0, 0.001, 16_000)]).astype(np.float32)
    assert snr_db(sound) == pytest.approx(40, abs=2)
    assert snr_db(np.zeros(16_000, np.float32)) == 0.0


def test_what_the_model_made_of_it() -> None:
    sounds = Sounds("phones", "abcdef", np.empty((0, 0), np.float16), 0.75)
    heard = Recognition(FinalReason.RECOGNIZED, (Hypothesis("two eggs", 0.8), Hypothesis("to eggs", 0.1)), (), sounds)
    found = measures(voice(120, 2.0), heard)
    assert (found["seconds"], found["words"], found["confidence"]) == (2.0, 2.0, 0.8)
    assert (found["symbols_per_second"], found["blank_share"]) == (3.0, 0.75)


def test_what_a_segment_does_not_have_is_left_out() -> None:
    found = measures(np.zeros(16_000, np.float32), NOTHING)
    assert found.keys() == {"seconds", "snr_db", "words"}
    assert found["words"] == 0
