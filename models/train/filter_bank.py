"""A front end's first layer that need not be learnt: an auditory filter bank, and channels that say how loud it is."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from protos.messages import SAMPLE_RATE_HZ

BANDS, PHASES = 80, 3
LOWEST_HZ, HIGHEST_HZ = 70.0, 7600.0
WINDOW_CYCLES, SHORTEST_WINDOW_S = 4.0, 0.008
WHITENING_STRIDE = 80


def filter_bank(kernel: int) -> Tensor:
    """(PHASES * BANDS, kernel): Gabor filters on a mel scale, each of norm 1; the wider a band, the shorter its window; three phases a band."""
    lowest, highest = _mel(LOWEST_HZ), _mel(HIGHEST_HZ)
    edges_hz = 700 * (10 ** (torch.linspace(lowest, highest, BANDS + 2) / 2595) - 1)
    seconds = (torch.arange(kernel) - (kernel - 1) / 2) / SAMPLE_RATE_HZ
    filters = []
    for below_hz, centre_hz, above_hz in edges_hz.unfold(0, 3, 1).tolist():
        window_s = min(kernel / SAMPLE_RATE_HZ, max(SHORTEST_WINDOW_S, WINDOW_CYCLES / (above_hz - below_hz)))
        window = torch.where(seconds.abs() < window_s / 2, torch.cos(math.pi * seconds / window_s) ** 2, torch.zeros_like(seconds))
        for phase in range(PHASES):
            wave = window * torch.cos(2 * math.pi * centre_hz * seconds + 2 * math.pi * phase / PHASES)
            filters.append(wave / wave.norm())
    return torch.stack(filters)


def whitened(filters: Tensor, clips: Sequence[Tensor]) -> Tensor:
    """The same filters, each band scaled to a mean power of 1 over normalised clips (S,): the layer norm behind would drown the quiet ones."""
    heard = torch.cat([functional.conv1d(clip[None, None], filters[:, None], stride=WHITENING_STRIDE)[0] for clip in clips], 1)
    deviation = heard.pow(2).mean(1).sqrt().reshape(-1, PHASES).mean(1).repeat_interleave(PHASES)
    return filters / deviation[:, None]


def _mel(hertz: float) -> float:
    return 2595 * math.log10(1 + hertz / 700)
