"""harken-bench noise: what is not speech, through the edge's detector, the recogniser and search's own gate. Nothing of it may be searched for.

Recordings (`noise/`), and sounds made here: silence, mains hum, music of plucked chords with a beat, white, pink and brown noise. In turn, so that
the detector meets each beginning; every sound at a level drawn anew.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.spoken import spoken_segments
from cloud_server.search.heard import Heard
from edge_client.config import Config
from models.bundle import default_bundle_dir, load_bundle
from models.features import Waveform, waveform_to_pcm
from models.recognizer import Recognizer
from models.transcribe import read_waveform
from protos.errors import ConfigurationError
from protos.messages import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ

PIECE_S = 15.0
LEVELS_DBFS = (-50.0, -12.0)
RECORDED, SILENCE, HUM, MUSIC = "recorded", "silence", "hum", "music"
COLOURS = {"white": 0.0, "pink": 0.5, "brown": 1.0}
"""Exponents by which the amplitude falls with frequency."""
SCALE_HZ = tuple(220.0 * 2 ** (step / 12) for step in (0, 2, 3, 5, 7, 8, 10, 12))


@dataclass(slots=True)
class Tally:
    """Of one kind of sound."""

    seconds: float = 0.0
    segments: int = 0
    """That the edge took for speech and sent."""
    sent_seconds: float = 0.0
    worded: int = 0
    """Segments in which the decoder found words."""
    searched: int = 0
    """Segments that search would have been asked about."""


def pieces(recordings: list[Path], rng: np.random.Generator) -> Iterator[tuple[str, Waveform]]:
    """Endless, kinds in turn; recordings in an order drawn anew each time all were heard, as many of them in a piece as fit."""
    length = round(PIECE_S * SAMPLE_RATE_HZ)
    order = itertools.chain.from_iterable(rng.permutation(np.array(recordings, object)) for _ in itertools.count())
    made: dict[str, Callable[[], Waveform]] = {
        SILENCE: lambda: np.zeros(length, np.float32),
        HUM: lambda: hum(length, rng),
        MUSIC: lambda: music(length, rng),
        **{name: partial(coloured, length, exponent, rng) for name, exponent in COLOURS.items()},
    }
    for kind in itertools.cycle(made):
        yield kind, at_level(made[kind](), rng)
        heard = np.zeros(0, np.float32)
        while len(heard) < length:
            heard = np.concatenate([heard, at_level(read_waveform(next(order)), rng)])
        yield RECORDED, heard


def hum(length: int, rng: np.random.Generator) -> Waveform:
    """50 or 60 Hz with harmonics."""
    seconds, base_hz = np.arange(length) / SAMPLE_RATE_HZ, rng.choice([50.0, 60.0])
    return sum((np.sin(2 * np.pi * base_hz * n * seconds) * rng.uniform(0, 1 / n) for n in range(1, 12)), np.zeros(length)).astype(np.float32)


def music(length: int, rng: np.random.Generator) -> Waveform:
    """Plucked chords of three notes and a drum on every beat, 60 to 160 beats a minute."""
    beat = round(SAMPLE_RATE_HZ * 60 / rng.uniform(60, 160))
    played = np.zeros(length)
    for first in range(0, length, beat):
        seconds = np.arange(min(3 * beat, length - first)) / SAMPLE_RATE_HZ
        notes_hz = rng.choice(SCALE_HZ, 3, replace=False) * rng.choice([0.5, 1, 2])
        for note_hz in notes_hz:
            played[first : first + len(seconds)] += sum(np.sin(2 * np.pi * note_hz * n * seconds) * np.exp(-3 * n * seconds) / n for n in range(1, 9))
        drum = rng.standard_normal(len(seconds)) * np.exp(-40 * seconds)
        played[first : first + len(seconds)] += rng.uniform(0, 2) * drum
    return played.astype(np.float32)


def coloured(length: int, exponent: float, rng: np.random.Generator) -> Waveform:
    spectrum = np.fft.rfft(rng.standard_normal(length))
    return np.fft.irfft(spectrum / np.maximum(1, np.arange(len(spectrum))) ** exponent, length).astype(np.float32)


def at_level(waveform: Waveform, rng: np.random.Generator) -> Waveform:
    """At a root mean square drawn from LEVELS_DBFS; what would be clipped is softer. Silence stays."""
    power, peak = float(np.sqrt(np.mean(waveform.astype(np.float64) ** 2))), float(np.abs(waveform).max(initial=0.0))
    if not power:
        return waveform
    gain = min(10 ** (rng.uniform(*LEVELS_DBFS) / 20) / power, 0.99 / peak)
    louder: npt.NDArray[np.float32] = (gain * waveform).astype(np.float32)
    return louder


def measure_noise(folder: Path, bundle: Path | None, minutes: float, seed: int, on_second: Callable[[float], None]) -> dict[str, Any]:
    """folder: of recordings. Raises: ConfigurationError: it has none."""
    recordings = sorted(folder.glob("*.opus"))
    if not recordings:
        raise ConfigurationError(f"{folder}: has no .opus recordings of noise")
    recognizer = Recognizer(load_bundle(bundle or default_bundle_dir()))
    tallies: dict[str, Tally] = {}
    heard_s = 0.0
    for kind, waveform in pieces(recordings, np.random.default_rng(seed)):
        if heard_s >= 60 * minutes:
            break
        hear(recognizer, waveform_to_pcm(waveform), tallies.setdefault(kind, Tally()))
        heard_s += len(waveform) / SAMPLE_RATE_HZ
        on_second(heard_s)
    return {
        "minutes": round(heard_s / 60, 1),
        "seed": seed,
        "segments": sum(tally.segments for tally in tallies.values()),
        "searches": sum(tally.searched for tally in tallies.values()),
        "kinds": {kind: {name: round(value, 1) for name, value in asdict(tally).items()} for kind, tally in tallies.items()},
    }


def hear(recognizer: Recognizer, pcm: bytes, tally: Tally) -> None:
    tally.seconds += len(pcm) / BYTES_PER_SAMPLE / SAMPLE_RATE_HZ
    for spoken in spoken_segments(pcm, Config()):
        recognition = recognizer.recognize(spoken.pcm, spoken.start.capture_start)
        tally.segments += 1
        tally.sent_seconds += len(spoken.pcm) / BYTES_PER_SAMPLE / SAMPLE_RATE_HZ
        tally.worded += bool(recognition.alternatives)
        tally.searched += Heard(recognition.alternatives, recognition.sounds).is_speech
