"""Keys and values that stand in for the silence that fills Whisper's windows: a handful in each block, fitted on real speech.

Its attention was trained on windows of 30 s and rests on what lies behind the clip: "attention sinks" (Xiao et al. 2023). How last states correlate
with those of a whole window (base, 24 clips of dev): 0.936 of the clip alone, 0.956 with 1 s of silence, 0.985 with 8 s, 0.991 with sixteen of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from models.train.wav2vec2 import attend
from models.train.whisper_encoder import CLOCK, WhisperEncoder
from protos.messages import SAMPLE_RATE_HZ

SINKS = 16
WINDOW_S = 30.0
# What is heard of a clip at most, so that there is silence behind it.
CLIP_S = WINDOW_S / 2
# Clips to fit on, and to take a step on: 40 clips leave 0.010 of the last states' variance unexplained.
CLIPS, CLIPS_A_STEP, STEPS = 40, 6, 200
# Adam's, of keys and of values, falling in a line.
RATES = (0.05, 0.02)
Sinks = tuple[Tensor, Tensor]


@dataclass(frozen=True, slots=True)
class Attended:
    """What one block's attention did with one clip in a whole window: (heads, T, D) each, of the clip's own frames."""

    query: Tensor
    key: Tensor
    value: Tensor
    mixed: Tensor
    """What it gave, with the silence."""


class Listening(WhisperEncoder):
    """Keeps what the attention of each block got and gave."""

    def __init__(self, weights: Mapping[str, npt.NDArray[np.float32]], stretches: int) -> None:
        """stretches: of the silence behind a clip, of which the mean keys and values are kept."""
        super().__init__(weights)
        self._stretches = stretches
        self.attended: dict[str, list[Attended]] = {}
        self.silent: dict[str, list[Sinks]] = {}

    def hear(self, clip: Tensor) -> None:
        """(S,): its first CLIP_S."""
        clip = clip[: round(CLIP_S * SAMPLE_RATE_HZ)]
        self._silence = round(WINDOW_S * SAMPLE_RATE_HZ) - len(clip)
        self._frames = CLOCK.frames(len(clip))
        self(clip[None], torch.tensor([len(clip)]))

    def _attend(self, name: str, query: Tensor, key: Tensor, value: Tensor, sounding: Tensor) -> Tensor:
        mixed = super()._attend(name, query, key, value, sounding)
        own = (states[0, :, : self._frames].clone() for states in (query, key, value, mixed))
        self.attended.setdefault(name, []).append(Attended(*own))
        self.silent.setdefault(name, []).append((self._means(key[0]), self._means(value[0])))
        return mixed

    def _means(self, states: Tensor) -> Tensor:
        """(heads, T, D) -> (heads, stretches, D)."""
        return torch.stack([part.mean(1) for part in states[:, self._frames :].tensor_split(self._stretches, 1)], 1)


def with_sinks(weights: Mapping[str, npt.NDArray[np.float32]], clips: Sequence[Tensor], count: int = SINKS) -> dict[str, npt.NDArray[np.float32]]:
    """As `sinks_of`, and the weights."""
    return {**weights, **sinks_of(weights, clips, count)}


def sinks_of(weights: Mapping[str, npt.NDArray[np.float32]], clips: Sequence[Tensor], count: int = SINKS) -> dict[str, npt.NDArray[np.float32]]:
    """weights: of `whisper_encoder.encoder_weights`. clips: normalised waveforms (S,), of which CLIPS are heard.

    Returns: of each block `self_attention/sink_keys` and `sink_values`, (count, H).
    """
    listening = Listening(weights, count)
    for clip in clips[:: max(1, len(clips) // CLIPS)][:CLIPS]:
        listening.hear(clip)
    fitted = {}
    for name, attended in listening.attended.items():
        for kind, sinks in zip(("sink_keys", "sink_values"), fit(attended, start(attended, listening.silent[name])), strict=True):
            fitted[f"{name}/self_attention/{kind}"] = sinks.transpose(0, 1).reshape(count, -1).numpy()
    return fitted


def start(attended: Sequence[Attended], silent: Sequence[Sinks]) -> Sinks:
    """(heads, N, D) each: the means of N stretches of silence, keys moved so that the mean query heeds one as it does its whole stretch."""
    keys, values = (torch.stack([pair[kind] for pair in silent]).mean(0) for kind in (0, 1))
    queries = torch.cat([one.query for one in attended], 1)
    # By their mean square, not the square of their mean: queries that agree on nothing move nothing.
    towards = queries.mean(1) / queries.pow(2).sum(2).mean(1, keepdim=True) * queries.shape[2] ** 0.5
    stretch = CLOCK.frames(round(WINDOW_S * SAMPLE_RATE_HZ)) / keys.shape[1]
    return keys + towards[:, None] * log(stretch), values


@torch.enable_grad()
def fit(attended: Sequence[Attended], begun: Sinks) -> Sinks:
    """With these beside a clip's own keys and values attention gives what it gave with the silence; the error is each head's, by its variance."""
    keys, values = (states.clone().requires_grad_() for states in begun)
    optimiser = torch.optim.Adam([{"params": [keys]}, {"params": [values]}])
    variance = torch.cat([one.mixed for one in attended], 1).var(1).mean(1)
    order = torch.Generator().manual_seed(1)
    for step in range(STEPS):
        for group, rate in zip(optimiser.param_groups, RATES, strict=True):
            group["lr"] = rate * (1 - step / STEPS)
        chosen = torch.randperm(len(attended), generator=order)[:CLIPS_A_STEP].tolist()
        loss = torch.stack([_error(attended[index], keys, values) / variance for index in chosen]).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return keys.detach(), values.detach()


def _error(one: Attended, keys: Tensor, values: Tensor) -> Tensor:
    """(heads,): mean square."""
    mixed = attend(one.query, torch.cat((keys, one.key), 1), torch.cat((values, one.value), 1), None)
    return (mixed - one.mixed).pow(2).mean((1, 2))
