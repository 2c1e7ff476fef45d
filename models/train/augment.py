"""What a microphone, a room and a line do to speech. Moves nothing in time: the teacher's frames of the clean clip stay aligned."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import torch
from torchaudio import functional

from models.features import Waveform
from models.train.recipe import Augmentation
from models.train.rooms import random_room
from protos.errors import ConfigurationError
from protos.messages import SAMPLE_RATE_HZ

Frequencies = npt.NDArray[np.floating]
Gain = Callable[[Frequencies], Frequencies]

ROOMS = 64
TELEPHONE_HZ = (250.0, (3000.0, 4000.0))
TILT_DB_AT_4_KHZ = (-12.0, 6.0)
MU_LAW_CHANNELS = 256
CLIPPED_AT = 0.3
RECORDED_NOISE_SHARE = 0.6
# Widest band that SpecAugment hides, as a share of the band up to half the sample rate.
MASKED_BAND = 0.12
AUDIO_SUFFIXES = (".opus", ".ogg", ".flac", ".wav")


class Augmenter:
    """One clip in, one of the same length out. All randomness comes from the generator given with the clip."""

    def __init__(self, recipe: Augmentation, noises: Sequence[Waveform], seed: int) -> None:
        """noises: recordings at 16 kHz; none: coloured noise only."""
        self._recipe = recipe
        self._noises = noises
        random = np.random.default_rng([seed, ROOMS])
        self._rooms = [random_room(random) for _ in range(ROOMS)]

    def __call__(self, waveform: Waveform, strength: float, random: np.random.Generator) -> Waveform:
        """(S,) float32 -> (S,) float32, finite. strength 0: untouched."""
        recipe = self._recipe
        effects: list[tuple[float, Callable[[Waveform, np.random.Generator], Waveform]]] = [
            (recipe.room, self._in_a_room),
            (recipe.noise, self._in_noise),
            (recipe.band, band_limited),
            (recipe.clip, clipped),
            (recipe.codec, coded),
            (min(1, recipe.masks), self._with_hidden_bands),
        ]
        for probability, effect in effects:
            if random.random() < probability * strength:
                waveform = effect(waveform, random)
        return waveform

    def hidden_frames(self, frames: int, strength: float, random: np.random.Generator) -> npt.NDArray[np.bool_]:
        """(T,) true where SpecAugment hides what the front end saw; never more than a third of a clip."""
        hidden = np.zeros(frames, np.bool_)
        for _ in range(int(random.integers(self._recipe.masks + 1)) if random.random() < strength else 0):
            length = min(int(random.integers(1, self._recipe.mask_frames + 1)), frames // 3 - int(hidden.sum()))
            if length > 0:
                start = int(random.integers(frames - length + 1))
                hidden[start : start + length] = True
        return hidden

    def _in_a_room(self, waveform: Waveform, random: np.random.Generator) -> Waveform:
        room = torch.from_numpy(self._rooms[int(random.integers(ROOMS))])
        return functional.fftconvolve(torch.from_numpy(waveform), room)[: len(waveform)].numpy()

    def _in_noise(self, waveform: Waveform, random: np.random.Generator) -> Waveform:
        recorded = bool(self._noises) and random.random() < RECORDED_NOISE_SHARE
        noise = (
            _stretch(self._noises[int(random.integers(len(self._noises)))], len(waveform), random)
            if recorded
            else coloured_noise(len(waveform), random)
        )
        if not (np.square(noise).sum() > 0 and np.square(waveform).sum() > 0):
            return waveform
        snr_db = torch.tensor(random.uniform(self._recipe.snr_db[0], self._recipe.snr_db[1]), dtype=torch.float32)
        return functional.add_noise(torch.from_numpy(waveform), torch.from_numpy(noise), snr_db).numpy()

    def _with_hidden_bands(self, waveform: Waveform, random: np.random.Generator) -> Waveform:
        def gain(hertz: Frequencies) -> Frequencies:
            kept = np.ones(len(hertz))
            for _ in range(int(random.integers(1, self._recipe.masks + 1))):
                width = random.uniform(0, MASKED_BAND) * SAMPLE_RATE_HZ / 2
                low = random.uniform(0, SAMPLE_RATE_HZ / 2 - width)
                kept[(hertz >= low) & (hertz < low + width)] = 0
            return kept

        return _filtered(waveform, gain)


def coloured_noise(samples: int, random: np.random.Generator) -> Waveform:
    """(S,) from brown through white to blue, power falling or rising with frequency by a random exponent."""
    exponent = random.uniform(-2, 0.5)
    white = random.standard_normal(samples).astype(np.float32)
    return _filtered(white, lambda hertz: np.maximum(hertz, 20.0) ** (exponent / 2))


def band_limited(waveform: Waveform, random: np.random.Generator) -> Waveform:
    """A telephone's band, or a dull or sharp microphone. Without phase, so nothing moves."""
    if random.random() < 0.5:
        low, high = TELEPHONE_HZ[0], random.uniform(*TELEPHONE_HZ[1])
        return _filtered(waveform, lambda hertz: ((hertz > low) & (hertz < high)).astype(float))
    tilt_db = random.uniform(*TILT_DB_AT_4_KHZ)
    return _filtered(waveform, lambda hertz: 10 ** (tilt_db / 20 * hertz / 4000))


def clipped(waveform: Waveform, random: np.random.Generator) -> Waveform:
    del random  # every effect is called alike
    peak = CLIPPED_AT * np.abs(waveform).max(initial=0)
    return np.clip(waveform, -peak, peak)


def coded(waveform: Waveform, random: np.random.Generator) -> Waveform:
    """There and back through mu-law, GSM 06.10 or Opus. Codecs want -1..1, so the clip is brought there first and back afterwards."""
    peak = np.abs(waveform).max(initial=0)
    if not peak > 0:
        return waveform
    codec = (_mu_law, _gsm, _opus)[int(random.integers(3))]
    return _of_length(codec((waveform / peak * 0.9).astype(np.float32)), len(waveform)) * np.float32(peak / 0.9)


def read_noises(folder: Path) -> list[Waveform]:
    """Every recording in it. Raises: ConfigurationError: there is none, or one is not at 16 kHz."""
    noises = []
    for path in sorted(path for path in folder.glob("*") if path.suffix in AUDIO_SUFFIXES):
        noise, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
        if rate_hz != SAMPLE_RATE_HZ:
            raise ConfigurationError(f"{path}: {rate_hz} Hz, must be {SAMPLE_RATE_HZ} Hz")
        if np.square(noise).sum() > 0:
            noises.append(np.ascontiguousarray(noise[:, 0]))
    if not noises:
        raise ConfigurationError(f"{folder}: has no recordings ({', '.join(AUDIO_SUFFIXES)})")
    return noises


def _stretch(noise: Waveform, samples: int, random: np.random.Generator) -> Waveform:
    """Any `samples` of it, from the start again where it ends."""
    return np.resize(np.roll(noise, -int(random.integers(len(noise)))), samples)


def _filtered(waveform: Waveform, gain: Gain) -> Waveform:
    spectrum = np.fft.rfft(waveform) * gain(np.fft.rfftfreq(len(waveform), 1 / SAMPLE_RATE_HZ))
    return np.fft.irfft(spectrum, len(waveform)).astype(np.float32)


def _mu_law(waveform: Waveform) -> Waveform:
    symbols = functional.mu_law_encoding(torch.from_numpy(waveform), MU_LAW_CHANNELS)
    return functional.mu_law_decoding(symbols, MU_LAW_CHANNELS).numpy()


def _gsm(waveform: Waveform) -> Waveform:
    narrow = functional.resample(torch.from_numpy(waveform), SAMPLE_RATE_HZ, SAMPLE_RATE_HZ // 2).numpy()
    heard = torch.from_numpy(_through_file(narrow, SAMPLE_RATE_HZ // 2, "WAV", "GSM610"))
    return functional.resample(heard, SAMPLE_RATE_HZ // 2, SAMPLE_RATE_HZ).numpy()


def _opus(waveform: Waveform) -> Waveform:
    return _through_file(waveform, SAMPLE_RATE_HZ, "OGG", "OPUS")


def _through_file(waveform: Waveform, rate_hz: int, container: str, codec: str) -> Waveform:
    file = io.BytesIO()
    soundfile.write(file, waveform, rate_hz, format=container, subtype=codec)
    file.seek(0)
    return soundfile.read(file, dtype="float32")[0]


def _of_length(waveform: Waveform, samples: int) -> Waveform:
    return np.pad(waveform[:samples], (0, max(0, samples - len(waveform))))
