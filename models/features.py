"""Samples in, the model's waveform out; the same code when training and when serving. Pure numpy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from protos.errors import InvalidAudio
from protos.messages import BYTES_PER_SAMPLE

Waveform = npt.NDArray[np.float32]

FULL_SCALE = 32768.0
# Added to the deviation, as in the seed's training. transformers' rule, sqrt(var + 1e-7), moves the character error rate of 1,279 clips by less than
# 0.01 points, so one rule serves every checkpoint.
DEVIATION_FLOOR = 1e-5


def pcm_to_waveform(pcm: bytes) -> Waveform:
    """Signed 16-bit little-endian PCM -> (S,) float32 in -1..1. Raises: InvalidAudio: not whole samples."""
    if len(pcm) % BYTES_PER_SAMPLE:
        raise InvalidAudio(f"audio has {len(pcm)} bytes, not a multiple of {BYTES_PER_SAMPLE}")
    return np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(FULL_SCALE)


def waveform_to_pcm(waveform: npt.NDArray[np.floating]) -> bytes:
    """(S,) floats -> signed 16-bit PCM. Clips, then casts: a bare cast turns +2.0 into a negative sample.

    Raises: InvalidAudio: a sample is NaN or infinite; a cast would make silence of it without a word.
    """
    finite = np.isfinite(waveform)
    if not finite.all():
        first = int(np.argmin(finite))
        raise InvalidAudio(f"sample {first} is {waveform[first]}, must be finite")
    scaled = np.clip(np.rint(waveform.astype(np.float64) * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1)
    return scaled.astype("<i2").tobytes()


def normalise(waveform: Waveform) -> Waveform:
    """(S,) float32 -> mean 0 and variance 1 over the utterance. Silence stays silence. Raises: InvalidAudio: a sample is not finite."""
    if not np.isfinite(waveform).all():
        raise InvalidAudio("the waveform has samples that are not finite")
    if not len(waveform):
        return waveform
    centred = waveform.astype(np.float64) - waveform.mean(dtype=np.float64)
    scaled: Waveform = (centred / (centred.std() + DEVIATION_FLOOR)).astype(np.float32)
    return scaled


def batch(waveforms: Sequence[Waveform]) -> dict[str, npt.NDArray[np.float32] | npt.NDArray[np.int64]]:
    """What an exported graph takes: waveform (B, S) float32, padded at the end with zeros; lengths (B,) int64, samples of each."""
    lengths = np.array([len(waveform) for waveform in waveforms], np.int64)
    padded = np.zeros((len(waveforms), int(lengths.max())), np.float32)
    for row, waveform in zip(padded, waveforms, strict=True):
        row[: len(waveform)] = waveform
    return {"waveform": padded, "lengths": lengths}
