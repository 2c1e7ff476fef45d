"""Features of speech that goes on, each frame computed once, and the gain they are computed at."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from models.features import DEVIATION_FLOOR, Waveform
from models.interim.split_model import Features, SplitModel
from models.records import FrameClock


class RunningNormaliser:
    """Mean and deviation of all samples so far, by which the newest are normalised."""

    def __init__(self) -> None:
        self._count, self._sum, self._squares = 0, 0.0, 0.0

    def hear(self, waveform: Waveform) -> None:
        exact = waveform.astype(np.float64)
        self._count += len(exact)
        self._sum += float(exact.sum())
        self._squares += float(exact @ exact)

    def normalise(self, waveform: Waveform) -> Waveform:
        """As `features.normalise` does, were the samples heard so far the whole segment. Nothing heard: as it is."""
        mean = self._sum / max(1, self._count)
        deviation = math.sqrt(max(0.0, self._squares / max(1, self._count) - mean * mean))
        scaled: Waveform = ((waveform.astype(np.float64) - mean) / (deviation + DEVIATION_FLOOR)).astype(np.float32)
        return scaled


class FeatureCache:
    """Waveform in chunks of any size -> each frame of features once: bit for bit those of the whole waveform at once."""

    def __init__(self, model: SplitModel, clock: FrameClock) -> None:
        self._model, self._clock = model, clock
        self._pending = np.zeros(0, np.float32)

    def push(self, waveform: Waveform, normalise: Callable[[Waveform], Waveform]) -> Features:
        """(S,) as recorded -> (T, H) of the frames completed by it, perhaps none. normalise: at the gain of this moment."""
        self._pending = np.concatenate([self._pending, waveform])
        frames = self._clock.frames(len(self._pending))
        if not frames:
            return np.zeros((0, self._model.width), np.float32)
        used = (frames - 1) * self._clock.stride_samples + self._clock.receptive_field_samples
        features = self._model.features(normalise(self._pending[:used]))
        self._pending = self._pending[frames * self._clock.stride_samples :]
        return features
