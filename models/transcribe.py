"""Recordings or exact stretches of them -> recognitions, without a server. Reads files with soundfile; does no segmentation of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from models.features import Waveform, normalise, pcm_to_waveform, waveform_to_pcm
from models.recognizer import Recognizer
from models.records import Recognition
from protos.errors import ConfigurationError, InvalidAudio, TooLong
from protos.messages import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of a recording, in samples at 16 kHz."""

    audio: Path
    start_sample: int = 0
    sample_count: int | None = None
    """None: to the end."""


def read_pcm(path: Path) -> bytes:
    """A mono 16 kHz recording as signed 16-bit PCM.

    Raises: ConfigurationError: it cannot be read, or has another rate or more channels. InvalidAudio: a sample is not finite. Both name the file.
    """
    try:
        samples, rate_hz = soundfile.read(path, dtype="float64", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    if rate_hz != SAMPLE_RATE_HZ or samples.shape[1] != 1:
        raise ConfigurationError(
            f"{path}: has {samples.shape[1]} channels at {rate_hz} Hz, must be mono at {SAMPLE_RATE_HZ} Hz; `harken-edge ask` takes any"
        )
    try:
        return waveform_to_pcm(np.ascontiguousarray(samples[:, 0]))
    except InvalidAudio as error:
        raise InvalidAudio(f"{path}: {error.message}") from error


def read_waveform(path: Path) -> Waveform:
    """A recording as the model hears it: (S,), mean 0 and variance 1. Raises: as read_pcm."""
    return normalise(pcm_to_waveform(read_pcm(path)))


def read_stretches(path: Path) -> list[Stretch]:
    """JSONL rows {audio, start_sample, sample_count}; audio is relative to the file. Raises: ConfigurationError: names the line."""
    return [_stretch(path, number, row) for number, row in enumerate(read_rows(path), 1)]


def read_rows(path: Path) -> list[dict[str, Any]]:
    """One JSON object a line. Raises: ConfigurationError: names the line."""
    try:
        # Not splitlines: U+2028 and its like are letters to JSON.
        lines = path.read_text("utf-8").removesuffix("\n").split("\n")
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: is not UTF-8 text ({error})") from error
    return [_row(path, number, line) for number, line in enumerate(lines, 1)] if lines != [""] else []


def transcribe(recognizer: Recognizer, stretches: Iterable[Stretch]) -> Iterator[tuple[Stretch, Recognition]]:
    """One recognition for each stretch, in order, its words timed from the start of the recording.

    Raises: ConfigurationError: a stretch lies outside its recording. SpeechError: the recogniser refuses it; the message names the recording.
    """
    for stretch in stretches:
        pcm = read_pcm(stretch.audio)
        total = len(pcm) // BYTES_PER_SAMPLE
        count = total - stretch.start_sample if stretch.sample_count is None else stretch.sample_count
        if not 0 <= stretch.start_sample <= stretch.start_sample + count <= total:
            raise ConfigurationError(f"{stretch.audio}: has {total} samples, {count} from {stretch.start_sample} on were asked for")
        first, last = stretch.start_sample * BYTES_PER_SAMPLE, (stretch.start_sample + count) * BYTES_PER_SAMPLE
        try:
            recognition = recognizer.recognize(pcm[first:last], stretch.start_sample)
        except TooLong as error:
            raise TooLong(f"{stretch.audio}: {error.message}; give stretches of it with --segments") from error
        yield stretch, recognition


def _row(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path} line {number}: is not JSON ({error})") from error
    if not isinstance(row, dict):
        raise ConfigurationError(f"{path} line {number}: is {type(row).__name__}, must be an object")
    return row


def _stretch(path: Path, number: int, row: dict[str, Any]) -> Stretch:
    audio, start_sample, sample_count = (row.get(key) for key in ("audio", "start_sample", "sample_count"))
    if not isinstance(audio, str) or type(start_sample) is not int or type(sample_count) is not int:
        raise ConfigurationError(
            f"{path} line {number}: must have audio, a path, and whole numbers start_sample and sample_count;"
            f" has {audio!r}, {start_sample!r} and {sample_count!r}"
        )
    return Stretch(path.parent / audio, start_sample, sample_count)
