"""The nouns of models, as frozen dataclasses: what a bundle's manifest says, and what a recogniser answers. No I/O, no onnxruntime."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from protos.messages import FinalReason, Hypothesis, Word


@dataclass(frozen=True, slots=True)
class CtcHead:
    """One range of the model's outputs with a blank of its own."""

    name: str
    first: int
    """Index of its first output among all outputs."""
    size: int
    blank: int
    """Index of its blank among all outputs."""
    tokens: tuple[str, ...]
    """One symbol for each output of the range."""
    word_end: str = "|"


@dataclass(frozen=True, slots=True)
class FrameClock:
    """Which samples an output frame stands for."""

    stride_samples: int
    receptive_field_samples: int
    """Samples a frame sees; shorter input has no frame."""

    def span(self, frame: int) -> tuple[int, int]:
        """The stride around the centre of what the frame sees: [first, last) in samples from the segment's start."""
        centre = frame * self.stride_samples + self.receptive_field_samples // 2
        return max(0, centre - self.stride_samples // 2), centre + self.stride_samples - self.stride_samples // 2

    def frames(self, samples: int) -> int:
        """Number of frames of an input of that many samples."""
        return 0 if samples < self.receptive_field_samples else (samples - self.receptive_field_samples) // self.stride_samples + 1


@dataclass(frozen=True, slots=True)
class BundleFile:
    sha256: str
    size: int
    """Bytes."""
    role: str
    """model, heads, card, licence, checkpoint, config, language_model, lexicon, decoder, confidence."""


@dataclass(frozen=True, slots=True)
class GateCheck:
    name: str
    passed: bool
    detail: str
    """The figure and its limit, for people."""


@dataclass(frozen=True, slots=True)
class Gate:
    """The verdict on a bundle: whether it may take another's place."""

    passed: bool
    against: str
    """sha256 of the other bundle's manifest."""
    checks: tuple[GateCheck, ...]


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """The n-grams that a bundle brings along."""

    file: str
    """Path within the bundle of a gzipped ARPA."""
    order: int
    """Words of the longest n-gram."""
    words: int


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where a bundle's weights come from, and what made the bundle of them."""

    source: str
    """Folder, hub name or pipeline, as it was given."""
    weights_sha256: str
    """Of the float weights as they were read: of every tensor's name, shape and bytes."""
    calibration_clips: int
    """Recordings that INT8 was spread over; 0: float32."""
    tools: dict[str, str]
    """Package -> version."""
    calibration_sha256: str | None = None
    """Of those recordings as the model heard them, one after the other; None: float32."""
    command: str | None = None
    """As it was typed; None: made by a program."""


@dataclass(frozen=True, slots=True)
class Manifest:
    model_id: str
    version: str
    language: str
    quantization: str
    sample_rate_hz: int
    clock: FrameClock
    max_samples: int
    """Longest input the model's position tables cover."""
    files: dict[str, BundleFile]
    """Path within the bundle -> what it must be."""
    gate: Gate | None = None
    """None: never judged."""
    language_model: LanguageModel | None = None
    """None: it has none."""
    lineage: Lineage | None = None
    """None: it does not say."""


@dataclass(frozen=True, slots=True)
class Sounds:
    """What a segment sounds like (`models.sounds`)."""

    head: str
    """phones or characters."""
    best_path: str
    log_probs: npt.NDArray[np.float16]
    """(T, V) of that head; half precision, as it travels between processes."""
    blank_share: float = 0.0
    """Of the frames, those whose best symbol is the blank."""
    clarity: float = 0.0
    """Mean natural logarithm of the best symbol's probability over the other frames; without any, of no sound, 0."""


@dataclass(frozen=True, slots=True)
class Recognition:
    final_reason: FinalReason
    alternatives: tuple[Hypothesis, ...]
    """Best first; empty unless final_reason is RECOGNIZED."""
    stage_seconds: tuple[tuple[str, float], ...]
    """features, infer, decode: as far as it went."""
    sounds: Sounds | None = None
    """What it sounds like, for search; None where the model was not asked."""


@dataclass(frozen=True, slots=True)
class Partial:
    """What was heard of a segment that is still being spoken."""

    words: tuple[Word, ...]
    """On the capture clock."""
    stable: int
    """So many first words will be in every later partial of the segment."""
    stage_seconds: tuple[tuple[str, float], ...] = ()
    sounds: Sounds | None = None
    """As of a whole segment, for what was said so far."""
