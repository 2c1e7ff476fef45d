"""One segment while it is being spoken: samples in as they come, a partial hypothesis out. Keeps what need not be computed twice.

Features are computed once, as soon as their samples are there. The encoder reads the last WINDOW_S of them again at each step; its outputs for the
first MARGIN_S of a window that does not begin the segment lack what came before, so there the outputs of an earlier step stay. Input is normalised by
the mean and deviation heard so far, since the segment's own are not known yet: the final result is computed anew, from all samples, elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from models.ctc import Logits
from models.features import pcm_to_waveform
from models.interim.agreement import Agreement
from models.interim.feature_cache import FeatureCache, RunningNormaliser
from models.interim.split_model import Features, SplitModel
from models.records import FrameClock, Partial, Sounds
from protos.errors import TooLong
from protos.messages import SAMPLE_RATE_HZ, Word

HOP_S = 0.32
WINDOW_S = 1.28
MARGIN_S = 0.56
# What follows a word can still change it.
SETTLED_S = 0.3
CONTEXT_WORDS = 1
"""Promised words that are read again with what follows; what came before them is not, however long somebody speaks."""

Decode = Callable[[Logits, int, int], Sequence[Word]]
"""(T, V) of the segment from some frame on, its first sample and its end on the capture clock -> the words of the best hypothesis."""
Sound = Callable[[Logits], Sounds]


def hop_samples(clock: FrameClock) -> int:
    """How much new audio is worth a step: whole frames, near HOP_S."""
    return frames_of(HOP_S, clock) * clock.stride_samples


def frames_of(seconds: float, clock: FrameClock) -> int:
    return max(1, round(seconds * SAMPLE_RATE_HZ / clock.stride_samples))


class Listener:
    """Make one for each segment."""

    def __init__(self, model: SplitModel, clock: FrameClock, decode: Decode, sound: Sound, start_sample: int, max_samples: int) -> None:
        self._model, self._decode, self._sound = model, decode, sound
        self._start, self._heard, self._max_samples = start_sample, 0, max_samples
        self._window, self._margin = frames_of(WINDOW_S, clock), frames_of(MARGIN_S, clock)
        self._stride = clock.stride_samples
        self._gain = RunningNormaliser()
        self._cache = FeatureCache(model, clock)
        self._features: Features | None = None
        """The last frames, at most a window of them."""
        self._logits: Logits | None = None
        """Of every frame so far."""
        self._agreement = Agreement(round(SETTLED_S * SAMPLE_RATE_HZ))

    def push(self, pcm: bytes) -> Partial | None:
        """The samples that follow those before; None while there is not one whole frame.

        Raises: InvalidAudio: not whole samples. TooLong: more than a final result could be computed of.
        """
        begin_s = time.perf_counter()
        waveform = pcm_to_waveform(pcm)
        self._heard += len(waveform)
        if self._heard > self._max_samples:
            raise TooLong(f"the segment has {self._heard} samples so far, at most {self._max_samples} are allowed")
        self._gain.hear(waveform)
        features = self._cache.push(waveform, self._gain.normalise)
        ready_s = time.perf_counter()
        # So many that every frame is read once with its margin before it.
        step = self._window - self._margin
        for first in range(0, len(features), step):
            self._read(features[first : first + step])
        heard_s = time.perf_counter()
        if self._logits is None:
            return None
        open_from, end = self._open_from(), self._start + self._heard
        words = self._decode(self._logits[open_from:], self._start + open_from * self._stride, end)
        partial = self._agreement.update(words, end)
        sounds = self._sound(self._logits)
        stages = (("features", ready_s - begin_s), ("infer", heard_s - ready_s), ("decode", time.perf_counter() - heard_s))
        return Partial(partial.words, partial.stable, stages, sounds)

    def _open_from(self) -> int:
        """Of the frames."""
        context = self._agreement.promised[-CONTEXT_WORDS:]
        return (context[0].start_offset - self._start) // self._stride if len(context) == CONTEXT_WORDS else 0

    def _read(self, features: Features) -> None:
        """The encoder over the last window."""
        if self._features is None or self._logits is None:
            self._features, self._logits = features, self._model.logits(features)
            return
        total = len(self._logits) + len(features)
        self._features = np.concatenate([self._features, features])[-self._window :]
        first = total - len(self._features)
        skipped = self._margin if first else 0
        fresh = self._model.logits(self._features)
        self._logits = np.concatenate([self._logits[: first + skipped], fresh[skipped:]])
