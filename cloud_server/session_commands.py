"""What a session wants done: `session` says it, `stream` does it."""

from __future__ import annotations

from dataclasses import dataclass

from cloud_server.interim import Hear
from cloud_server.search.heard import Heard
from protos import messages as m
from protos.errors import SpeechError


@dataclass(frozen=True, slots=True)
class Send:
    response: m.Response
    priority: m.Priority = m.Priority.UNSPECIFIED
    """Of the segment this answers; UNSPECIFIED: it is no final answer."""


@dataclass(frozen=True, slots=True)
class Transcribe:
    segment: m.Segment
    priority: m.Priority
    deadline_s: float | None
    max_alternatives: int
    hints: tuple[m.PhraseHint, ...] = ()


@dataclass(frozen=True, slots=True)
class Guess:
    """This may be the whole segment: `Transcribe` may follow with the same audio and hints."""

    segment: m.Segment
    hints: tuple[m.PhraseHint, ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    segment_id: int
    heard: Heard
    catalogue: str
    max_hits: int


@dataclass(frozen=True, slots=True)
class Drop:
    """The segment was answered otherwise: stop working on it."""

    segment_id: int


@dataclass(frozen=True, slots=True)
class Report:
    report: m.EdgeReport


@dataclass(frozen=True, slots=True)
class Close:
    """Nothing follows. error None: in good order."""

    error: SpeechError | None = None


Command = Send | Hear | Guess | Transcribe | Search | Drop | Report | Close
