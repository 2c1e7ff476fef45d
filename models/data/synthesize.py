"""Texts -> spoken files and a manifest. Line by line and seeded by the line's number, so that it can be stopped and gone on with at any time."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from models.data.voices import Synthesiser, draw
from models.features import Waveform
from models.text import normalise_text
from models.transcribe import read_rows
from protos.errors import ConfigurationError
from protos.messages import SAMPLE_RATE_HZ

MANIFEST = "manifest.jsonl"
FORMATS = {"flac": ("FLAC", "PCM_16"), "opus": ("OGG", "OPUS")}
# Resampling by up to so much moves pitch and formants together: more voices than the programs have, children's among them.
RESAMPLED = (0.88, 1.16)
SILENT = 1e-3
MAX_EDGE_S, MIN_S, MAX_S = 0.25, 0.5, 14.0
# Faster is unintelligible: what the programs do with texts they do not understand.
MAX_LETTERS_A_SECOND = 21.0
PEAK = 0.85


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be spoken, and how it is kept."""

    texts: Sequence[str]
    """Normalised. Spoken from the first to the last, then again in other voices."""
    seed: int
    format: str


@dataclass(frozen=True, slots=True)
class Spoken:
    seconds: float
    """0: the voice failed, or nothing usable came of it."""


def read_texts(path: Path) -> list[str]:
    """Normalised lines that have a letter. Raises: ConfigurationError: the file cannot be read, or has none."""
    try:
        texts = [text for line in path.read_text().splitlines() if (text := normalise_text(line))]
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    if not texts:
        raise ConfigurationError(f"{path}: has no line with a letter")
    return texts


def synthesize(order: Order, out: Path, synthesisers: Mapping[str, Synthesiser]) -> Generator[Spoken, None, None]:
    """Endless, to be closed: one item a line spoken, after its file and its row of out/manifest.jsonl are written. Goes on behind the last row.

    Raises: ConfigurationError: the manifest there is of another order.
    """
    (out / "audio").mkdir(parents=True, exist_ok=True)
    number = next_number(out / MANIFEST, order)
    with tempfile.TemporaryDirectory() as scratch:
        while True:
            row = speak_line(order, number, out, Path(scratch) / "spoken.wav", synthesisers)
            if row is not None:
                with (out / MANIFEST).open("a") as manifest:
                    manifest.write(json.dumps(row) + "\n")
            yield Spoken(float(str(row["duration"])) if row is not None else 0.0)
            number += 1


def speak_line(order: Order, number: int, out: Path, wav: Path, synthesisers: Mapping[str, Synthesiser]) -> dict[str, object] | None:
    """The manifest's row, its file written; None where nothing usable came of it."""
    random = np.random.default_rng([order.seed, number])
    text = order.texts[number % len(order.texts)]
    voice = draw(synthesisers, text, wav, random)
    wav.unlink(missing_ok=True)
    if not voice.speak(wav):
        return None
    factor = random.uniform(*RESAMPLED)
    waveform = trimmed(resampled(wav, factor), random)
    seconds = len(waveform) / SAMPLE_RATE_HZ
    if not MIN_S <= seconds <= MAX_S or len(text) > MAX_LETTERS_A_SECOND * seconds:
        return None
    name = f"syn{order.seed}-{number:07d}"
    container, codec = FORMATS[order.format]
    soundfile.write(out / "audio" / f"{name}.{order.format}", waveform, SAMPLE_RATE_HZ, format=container, subtype=codec)
    speaker = f"{voice.speaker}@{factor:.1f}"
    audio = f"audio/{name}.{order.format}"
    return {"id": name, "audio": audio, "duration": seconds, "text": text, "speaker": speaker, "source": "synthetic", "split": "train"}


def next_number(manifest: Path, order: Order) -> int:
    """Behind the last row; a row cut off by an interruption is dropped from the file. Raises: ConfigurationError: rows of another order."""
    if not manifest.is_file():
        return 0
    whole, _, cut = manifest.read_text().rpartition("\n")
    if cut:
        manifest.write_text(whole + "\n" if whole else "")
    last = 0
    for row in read_rows(manifest):
        seed, _, number = str(row["id"]).removeprefix("syn").partition("-")
        if seed != str(order.seed) or row["text"] != order.texts[int(number) % len(order.texts)]:
            raise ConfigurationError(f"{manifest}: {row['id']} was spoken with another seed or from other texts; use another directory")
        last = int(number) + 1
    return last


def spoken_seconds(manifest: Path) -> float:
    return sum(float(row["duration"]) for row in read_rows(manifest)) if manifest.is_file() else 0.0


def voices_in(manifest: Path) -> Counter[str]:
    """Rows of each synthesiser."""
    return Counter(str(row["speaker"]).partition("-")[0] for row in read_rows(manifest))


def resampled(wav: Path, factor: float) -> Waveform:
    """(S,) float32 at 16 kHz, `factor` times as fast and high as the file."""
    waveform, rate_hz = soundfile.read(wav, dtype="float32", always_2d=True)
    heard: Waveform = soxr.resample(waveform[:, 0], rate_hz, SAMPLE_RATE_HZ / factor)
    return heard


def trimmed(waveform: Waveform, random: np.random.Generator) -> Waveform:
    """Peak at PEAK, at most MAX_EDGE_S of silence at each end, a random length of it. Silence altogether: empty."""
    peak = np.abs(waveform).max(initial=0)
    sounding = np.flatnonzero(np.abs(waveform) > SILENT * max(SILENT, peak))
    if not len(sounding):
        return waveform[:0]
    edge = int(MAX_EDGE_S * SAMPLE_RATE_HZ)
    first, last = max(0, sounding[0] - int(random.integers(edge))), sounding[-1] + 1 + int(random.integers(edge))
    return waveform[first:last] * np.float32(PEAK / peak)
