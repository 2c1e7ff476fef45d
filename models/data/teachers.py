"""Who may label speech: other people's recognisers under MIT that registry packages ship (extra: teach). For training only; none ever serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from models.features import Waveform
from protos.errors import ConfigurationError

MOONSHINE_TINY, WHISPER_TINY, WHISPER_BASE = "moonshine-tiny-en", "whisper-tiny-en", "whisper-base"
TEACHERS = (MOONSHINE_TINY, WHISPER_TINY, WHISPER_BASE)


@dataclass(frozen=True, slots=True)
class Transcript:
    text: str
    """As the teacher writes it: with capitals and punctuation."""
    mean_logprob: float
    """Natural logarithm, over the tokens it chose and the end."""


class Teacher(Protocol):
    name: str

    def transcribe(self, waveform: Waveform) -> Transcript:
        """(S,) float32 in -1..1, 16 kHz."""


def open_teacher(name: str) -> Teacher:
    """Raises: ConfigurationError: there is none of that name, or its package is not installed."""
    if name not in TEACHERS:
        raise ConfigurationError(f"there is no teacher {name!r}; there is {', '.join(TEACHERS)}")
    if name == MOONSHINE_TINY:
        from models.data.moonshine import Moonshine, moonshine_folder  # noqa: PLC0415 - each needs packages of its own

        return Moonshine(moonshine_folder())
    from models.data.whisper import Whisper, whisper_folder  # noqa: PLC0415

    with whisper_folder(name) as folder:
        return Whisper(name, folder)
