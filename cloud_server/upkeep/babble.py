"""Sound that costs a recogniser about what speech does, made of nothing: syllables of noise and vowels. A server is installed without recordings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.features import waveform_to_pcm
from protos.messages import SAMPLE_RATE_HZ

# First three formants of i, a, u, e, o, in Hz (Peterson and Barney, 1952).
VOWELS = ((270, 2290, 3010), (730, 1090, 2440), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410))
FORMANT_WIDTH_HZ = 80
HARMONICS = 40
PEAK = 0.8


def babble(seconds: float, seed: int) -> bytes:
    """PCM at 16 kHz. The words that are heard in it are nobody's; decoding it costs somewhat more than real speech, for nothing in it is certain."""
    chance, parts, length = np.random.default_rng(seed), list[npt.NDArray[np.float64]](), 0
    while length < seconds * SAMPLE_RATE_HZ:
        parts += [_hiss(chance), _vowel(chance), np.zeros(round(SAMPLE_RATE_HZ * chance.choice((0.0, 0.0, 0.06))))]
        length = sum(map(len, parts))
    wave = np.concatenate(parts)[: round(seconds * SAMPLE_RATE_HZ)]
    return waveform_to_pcm((wave * (PEAK / np.abs(wave).max())).astype(np.float32))


def _hiss(chance: np.random.Generator) -> npt.NDArray[np.float64]:
    samples = round(SAMPLE_RATE_HZ * chance.uniform(0.03, 0.07))
    return np.diff(0.15 * chance.standard_normal(samples), prepend=0.0) * np.hanning(samples)


def _vowel(chance: np.random.Generator) -> npt.NDArray[np.float64]:
    samples = round(SAMPLE_RATE_HZ * chance.uniform(0.08, 0.16))
    pitches_hz = chance.uniform(100, 140) * np.arange(1, HARMONICS)
    formants_hz = np.asarray(VOWELS[chance.integers(len(VOWELS))])
    loud = (1 / (1 + ((pitches_hz[:, None] - formants_hz) / FORMANT_WIDTH_HZ) ** 2)).sum(axis=1) / np.arange(1, HARMONICS) ** 0.3
    seconds = np.arange(samples) / SAMPLE_RATE_HZ
    voice: npt.NDArray[np.float64] = (loud[:, None] * np.sin(2 * np.pi * pitches_hz[:, None] * seconds)).sum(axis=0)
    return 0.5 * np.hanning(samples) * voice
