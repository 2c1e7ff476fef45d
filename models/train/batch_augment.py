"""models.train.augment for a whole batch at once, where the batch lies: what makes a GPU's training fast. Random numbers come from the device.

Left out are codecs that only a library can do (GSM, Opus): `codec` is mu-law here. Everything else has the same probabilities and bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torchaudio import functional

from models.features import DEVIATION_FLOOR, Waveform
from models.train.augment import CLIPPED_AT, MASKED_BAND, MU_LAW_CHANNELS, RECORDED_NOISE_SHARE, ROOMS, TELEPHONE_HZ, TILT_DB_AT_4_KHZ
from models.train.recipe import Augmentation
from models.train.rooms import random_room
from protos.messages import SAMPLE_RATE_HZ

# Of brown through white to blue noise: power over frequency.
EXPONENTS = (-2.0, 0.5)
LOUDEST_SHARE = 0.9
NYQUIST_HZ = SAMPLE_RATE_HZ / 2


class BatchAugmenter:
    """(B, S) clips in, as many of the same lengths out. Rows are drawn each for themselves."""

    def __init__(self, recipe: Augmentation, noises: Sequence[Waveform], seed: int, device: torch.device) -> None:
        """noises: recordings at 16 kHz; none: coloured noise only."""
        self._recipe, self._device = recipe, device
        self._generator = torch.Generator(device).manual_seed(seed)
        random = np.random.default_rng([seed, ROOMS])
        rooms = [torch.from_numpy(random_room(random)) for _ in range(ROOMS)]
        self._rooms = torch.nn.utils.rnn.pad_sequence(rooms, batch_first=True).to(device)
        lengths = [len(noise) for noise in noises]
        self._noise_lengths = torch.tensor(lengths, device=device)
        self._noise_starts = self._noise_lengths.cumsum(0) - self._noise_lengths if noises else self._noise_lengths
        self._noise = torch.from_numpy(np.concatenate(noises)).to(device) if noises else torch.zeros(0, device=device)

    def __call__(self, waveforms: Tensor, samples: Tensor, strength: float, untouched: float = 0.0) -> Tensor:
        """waveforms: (B, S), zeros behind each row's samples (B,). untouched: share of the rows that stay as they are. Returns: not normalised."""
        recipe, sounding = self._recipe, sounding_of(waveforms, samples)
        touched = self._rand(len(waveforms)) >= untouched
        heard = waveforms
        for probability, effect in (
            (recipe.room, self._in_a_room),
            (recipe.noise, self._in_noise),
            (recipe.band, self._band_limited),
            (recipe.clip, self._clipped),
            (recipe.codec, self._mu_law),
            (min(1, recipe.masks), self._with_hidden_bands),
        ):
            chosen = touched & (self._rand(len(waveforms)) < probability * strength)
            heard = torch.where(chosen[:, None], effect(heard, sounding), heard)
        return heard * sounding

    def hidden_frames(self, frames: Tensor, longest: int, strength: float) -> Tensor:
        """(B,) frames of each row -> (B, longest) true where SpecAugment hides what the front end saw; at most a third of a row."""
        rows, masks = len(frames), self._recipe.masks
        if not masks:
            return torch.zeros(rows, longest, dtype=torch.bool, device=self._device)
        drawn = (self._rand(rows) * (masks + 1)).floor() * (self._rand(rows) < strength)
        lengths = 1 + (self._rand(rows, masks) * self._recipe.mask_frames).floor()
        lengths = lengths * (torch.arange(masks, device=self._device) < drawn[:, None])
        allowed = (lengths.cumsum(1) <= frames[:, None] // 3) & (lengths > 0)
        starts = (self._rand(rows, masks) * (frames[:, None] - lengths + 1).clamp(min=1)).floor()
        clock = torch.arange(longest, device=self._device)[None, None]
        covered = (clock >= starts[..., None]) & (clock < (starts + lengths)[..., None]) & allowed[..., None]
        return covered.any(1)

    def _in_a_room(self, waveforms: Tensor, sounding: Tensor) -> Tensor:
        chosen = (self._rand(len(waveforms)) * len(self._rooms)).long()
        size = _fast_size(waveforms.shape[1] + self._rooms.shape[1])
        responses = torch.fft.rfft(self._rooms, size)[chosen]
        return torch.fft.irfft(torch.fft.rfft(waveforms, size) * responses, size)[:, : waveforms.shape[1]] * sounding

    def _in_noise(self, waveforms: Tensor, sounding: Tensor) -> Tensor:
        noise = self._coloured(waveforms)
        if len(self._noise):
            recorded = self._rand(len(waveforms)) < RECORDED_NOISE_SHARE
            noise = torch.where(recorded[:, None], self._recorded(waveforms), noise)
        noise = noise * sounding
        low_db, high_db = self._recipe.snr_db
        snr_db = low_db + (high_db - low_db) * self._rand(len(waveforms))
        power, noise_power = waveforms.square().sum(1), noise.square().sum(1)
        gain = (power / noise_power.clamp(min=1e-12) / 10 ** (snr_db / 10)).sqrt()
        return waveforms + gain[:, None] * noise

    def _recorded(self, waveforms: Tensor) -> Tensor:
        """A stretch of any recording, from the start again where it ends."""
        rows, length = waveforms.shape
        chosen = (self._rand(rows) * len(self._noise_lengths)).long()
        lengths = self._noise_lengths[chosen]
        offsets = (self._rand(rows) * lengths).long()
        within = (offsets[:, None] + torch.arange(length, device=self._device)) % lengths[:, None]
        return self._noise[self._noise_starts[chosen][:, None] + within]

    def _coloured(self, waveforms: Tensor) -> Tensor:
        rows, length = waveforms.shape
        exponents = EXPONENTS[0] + (EXPONENTS[1] - EXPONENTS[0]) * self._rand(rows, 1)
        white = torch.randn(rows, length, generator=self._generator, device=self._device)
        return _filtered(white, lambda hertz: hertz.clamp(min=20.0)[None] ** (exponents / 2))

    def _band_limited(self, waveforms: Tensor, sounding: Tensor) -> Tensor:
        del sounding  # every effect is called alike
        rows = len(waveforms)
        telephone = self._rand(rows, 1) < 0.5
        highest = TELEPHONE_HZ[1][0] + (TELEPHONE_HZ[1][1] - TELEPHONE_HZ[1][0]) * self._rand(rows, 1)
        tilt_db = TILT_DB_AT_4_KHZ[0] + (TILT_DB_AT_4_KHZ[1] - TILT_DB_AT_4_KHZ[0]) * self._rand(rows, 1)

        def gain(hertz: Tensor) -> Tensor:
            narrow = ((hertz > TELEPHONE_HZ[0]) & (hertz < highest)).float()
            return torch.where(telephone, narrow, 10 ** (tilt_db / 20 * hertz / 4000))

        return _filtered(waveforms, gain)

    def _clipped(self, waveforms: Tensor, sounding: Tensor) -> Tensor:
        del sounding
        peak = CLIPPED_AT * waveforms.abs().amax(1, keepdim=True)
        return torch.maximum(torch.minimum(waveforms, peak), -peak)

    def _mu_law(self, waveforms: Tensor, sounding: Tensor) -> Tensor:
        del sounding
        scale = waveforms.abs().amax(1, keepdim=True).clamp(min=1e-9) / LOUDEST_SHARE
        return functional.mu_law_decoding(functional.mu_law_encoding(waveforms / scale, MU_LAW_CHANNELS), MU_LAW_CHANNELS) * scale

    def _with_hidden_bands(self, waveforms: Tensor, sounding: Tensor) -> Tensor:
        del sounding
        rows, masks = len(waveforms), max(1, self._recipe.masks)
        drawn = 1 + (self._rand(rows, 1) * masks).floor()
        widths = self._rand(rows, masks) * MASKED_BAND * NYQUIST_HZ * (torch.arange(masks, device=self._device) < drawn)
        lows = self._rand(rows, masks) * (NYQUIST_HZ - widths)

        def gain(hertz: Tensor) -> Tensor:
            kept = torch.ones(rows, len(hertz), device=self._device)
            for low, width in zip(lows.T[..., None], widths.T[..., None], strict=True):
                kept = kept * ~((hertz >= low) & (hertz < low + width))
            return kept

        return _filtered(waveforms, gain)

    def _rand(self, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=self._generator, device=self._device)


def sounding_of(waveforms: Tensor, samples: Tensor) -> Tensor:
    """(B, S) bool: what is no padding."""
    return torch.arange(waveforms.shape[1], device=waveforms.device) < samples[:, None]


def normalised(waveforms: Tensor, samples: Tensor) -> Tensor:
    """models.features.normalise for rows of different lengths: mean 0 and variance 1 over each row's own samples, zeros behind them."""
    sounding, count = sounding_of(waveforms, samples), samples[:, None].clamp(min=1)
    centred = (waveforms - (waveforms * sounding).sum(1, keepdim=True) / count) * sounding
    return centred / ((centred.square().sum(1, keepdim=True) / count).sqrt() + DEVIATION_FLOOR)


def _filtered(waveforms: Tensor, gain: Callable[[Tensor], Tensor]) -> Tensor:
    size = _fast_size(waveforms.shape[1])
    hertz = torch.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ, device=waveforms.device)
    return torch.fft.irfft(torch.fft.rfft(waveforms, size) * gain(hertz), size)[:, : waveforms.shape[1]]


def _fast_size(samples: int) -> int:
    """The next multiple of a power of two: lengths with large prime factors are slow."""
    return -(-samples // 4096) * 4096
