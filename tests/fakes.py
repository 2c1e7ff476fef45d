"""Small real things that stand in for large ones: a recogniser without a model, and speech to give it."""

from __future__ import annotations

import hashlib
import os
import struct
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import google_crc32c
import numpy as np
import numpy.typing as npt

from models.records import Partial, Recognition, Sounds
from protos import messages as m
from protos.errors import ConfigurationError, InvalidAudio, NotFinite

# A segment whose first sample is one of these makes the stub misbehave in that way.
CRASH, RAISE, RETURN_NOTHING, HANG, REFUSE, HOLLOW, CRASH_ONCE, UNREADABLE, NOT_FINITE = range(30001, 30010)

MODEL = m.ModelInfo("stub", "1", "en", "none", "0" * 64)


def speech(sample_count: int = 8000, first: int = 1, start_sample: int = 0, segment_id: int = 1) -> m.Segment:
    """Not silent, and different for every `first`."""
    pcm = struct.pack("<h", first) + bytes([sample_count % 251, 1]) * (sample_count - 1)
    return m.Segment(segment_id, start_sample, pcm)


def transcript_of(pcm: bytes) -> str:
    """What the stub hears: the same for the same samples, and nothing else."""
    return "heard " + hashlib.sha256(pcm).hexdigest()[:8]


class Unreadable(str):
    """Can be pickled, cannot be unpickled."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return int, ("not a number",)


class StubListener:
    """Hears one word for each part it is given; crashes, raises and hangs on the same first samples as the recogniser."""

    def __init__(self, recogniser: StubRecogniser, start_sample: int) -> None:
        self._recogniser, self._end = recogniser, start_sample
        self._words: tuple[m.Word, ...] = ()

    def push(self, pcm: bytes) -> Partial:
        self._recogniser.recognize(pcm, 0)
        begin, self._end = self._end, self._end + len(pcm) // 2
        self._words += (m.Word(f"part{len(self._words) + 1}", begin, self._end, 0.9),)
        path = " ".join(word.word for word in self._words)
        return Partial(self._words, len(self._words) - 1, (("infer", 0.001),), Sounds("characters", path, np.zeros((1, 1), np.float16)))


class StubRecogniser:
    hop_samples = 4000
    takes_hints = True

    def __init__(self, crash_flag: str = "") -> None:
        self._crash_flag = Path(crash_flag) if crash_flag else None

    def listener(self, start_sample: int) -> StubListener:
        return StubListener(self, start_sample)

    def fit(self, log_probs: npt.NDArray[np.float16], phrases: Sequence[str]) -> list[float]:
        """The longer, the worse; crashes and raises on phrases that say so."""
        if "crash" in phrases:
            os._exit(3)
        return [-float(log_probs[0, 0]) * len(phrase) if phrase != "raise" else 1 // 0 for phrase in phrases]

    def recognize(self, pcm: bytes, start_sample: int, hints: tuple[m.PhraseHint, ...] = ()) -> Recognition:
        """Hears the first hint, where there is one."""
        first = struct.unpack_from("<h", pcm)[0] if pcm else 0
        if first == CRASH or (first == CRASH_ONCE and self._first_time()):
            os._exit(3)
        if first == RAISE:
            raise ZeroDivisionError("secret detail of the model")
        if first == RETURN_NOTHING:
            return None  # type: ignore[return-value]
        if first == HANG:
            time.sleep(3600)
        if first == NOT_FINITE:
            raise NotFinite("the model's output is not finite")
        if first == REFUSE:
            raise InvalidAudio("sample 7 is not a number")
        if first == HOLLOW:
            return Recognition(m.FinalReason.RECOGNIZED, (), ())
        if first == UNREADABLE:
            return Recognition(m.FinalReason.RECOGNIZED, (m.Hypothesis(Unreadable("x"), 0.9),), ())
        if not any(pcm):
            return Recognition(m.FinalReason.NO_SPEECH, (), (("infer", 0.001),))
        word = m.Word("heard", start_sample, start_sample + len(pcm) // 2, 0.9)
        text = hints[0].phrase if hints else transcript_of(pcm)
        return Recognition(m.FinalReason.RECOGNIZED, (m.Hypothesis(text, 0.9, -0.1, (word,)),), (("infer", 0.001),))

    def _first_time(self) -> bool:
        assert self._crash_flag is not None
        if self._crash_flag.exists():
            return False
        self._crash_flag.touch()
        return True


def make_stub(crash_flag: str = "") -> tuple[StubRecogniser, m.ModelInfo]:
    return StubRecogniser(crash_flag), MODEL


def make_slow_stub() -> tuple[StubRecogniser, m.ModelInfo]:
    """Still loading when everybody has lost patience."""
    time.sleep(3600)
    return make_stub()


def make_dying_stub() -> tuple[StubRecogniser, m.ModelInfo]:
    os._exit(3)


class SoundingStub(StubRecogniser):
    """Also says what it sounds like, so that everything that is measured of a segment can be."""

    def recognize(self, pcm: bytes, start_sample: int, hints: tuple[m.PhraseHint, ...] = ()) -> Recognition:
        plain = super().recognize(pcm, start_sample, hints)
        sounds = Sounds("characters", "heard something", np.zeros((4, 1), np.float16), 0.7, -0.2)
        return plain if plain.final_reason is not m.FinalReason.RECOGNIZED else replace(plain, sounds=sounds)


def make_sounding_stub() -> tuple[SoundingStub, m.ModelInfo]:
    return SoundingStub(), MODEL


class ReadingStub(StubRecogniser):
    """Hears what a folder's words.txt says, whoever speaks."""

    def __init__(self, words_dir: str) -> None:
        super().__init__()
        self._text = (Path(words_dir) / "words.txt").read_text() if words_dir else "old words"

    def recognize(self, pcm: bytes, start_sample: int, hints: tuple[m.PhraseHint, ...] = ()) -> Recognition:
        return super().recognize(pcm, start_sample, (m.PhraseHint(self._text),))


def make_reading_stub(words_dir: str = "") -> tuple[StubRecogniser, m.ModelInfo]:
    return ReadingStub(words_dir), MODEL


def write_words(bundle_dir: Path, titles: Sequence[str], folder: Path) -> None:
    """In the place of `title_words.make_words`."""
    if "refused" in titles:
        raise ConfigurationError("no title can be said")
    if "dies" in titles:
        os._exit(3)
    if "hangs" in titles:
        time.sleep(600)
    folder.mkdir()
    (folder / "words.txt").write_text(" ".join(titles))


def requests_of(segment: m.Segment, priority: m.Priority = m.Priority.LIVE, chunk_bytes: int = 6400) -> list[m.Request]:
    """A segment as an edge sends it."""
    chunks = [segment.pcm[i : i + chunk_bytes] for i in range(0, len(segment.pcm), chunk_bytes)]
    offsets = [segment.start_sample + seq * chunk_bytes // m.BYTES_PER_SAMPLE for seq in range(len(chunks))]
    return [
        m.SegmentStart(segment.segment_id, segment.start_sample, priority=priority),
        *(m.AudioChunk(segment.segment_id, seq, offset, chunk) for seq, (offset, chunk) in enumerate(zip(offsets, chunks, strict=True))),
        m.SegmentEnd(segment.segment_id, m.EndReason.SILENCE, segment.sample_count, google_crc32c.value(segment.pcm)),
    ]
