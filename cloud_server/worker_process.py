"""The inside of one worker process: build a recogniser, then answer one request at a time until the pipe closes. No gRPC, no asyncio, no metrics.

The pipe carries whole dataclasses, PCM included: 20 s of audio are 640 kB, and sending them costs under 1 % of recognising them
(benchmarks/LOG.md, 2026-11-23), so shared memory would only add a way to leak.
"""

from __future__ import annotations

import importlib
import logging
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol, cast, runtime_checkable

import numpy as np
import numpy.typing as npt

from cloud_server.giving_way import giving_way
from cloud_server.listening import Forget, Listen
from models.bundle import load_bundle
from models.records import Partial, Recognition
from protos.errors import ConfigurationError, InternalError, SpeechError
from protos.messages import SAMPLE_RATE_HZ, ModelInfo, PhraseHint, Segment

log = logging.getLogger(__name__)


class Recogniser(Protocol):
    def recognize(self, pcm: bytes, start_sample: int) -> Recognition: ...


class Listener(Protocol):
    def push(self, pcm: bytes) -> Partial | None: ...


@runtime_checkable
class ListeningRecogniser(Protocol):
    """A recogniser that also hears segments still being spoken."""

    hop_samples: int
    """How much new audio is worth another partial."""

    def listener(self, start_sample: int) -> Listener: ...


@runtime_checkable
class HintedRecogniser(Protocol):
    """A recogniser that may be told what is likely to be said."""

    takes_hints: bool

    def recognize(self, pcm: bytes, start_sample: int, hints: tuple[PhraseHint, ...] = ()) -> Recognition: ...


@runtime_checkable
class FittingRecogniser(Protocol):
    """A recogniser that can say how well audio fits strings."""

    def fit(self, log_probs: npt.NDArray[np.float16], phrases: Sequence[str]) -> Sequence[float]: ...


@dataclass(frozen=True, slots=True)
class RecogniserSpec:
    """How a worker builds its recogniser: a callable by name, because it must be importable in a fresh process."""

    factory: str
    """module:callable, returning (Recogniser, ModelInfo)."""
    arguments: tuple[str, ...] = ()

    def build(self) -> tuple[Recogniser, ModelInfo]:
        module, _, name = self.factory.partition(":")
        factory = cast("Callable[..., tuple[Recogniser, ModelInfo]]", getattr(importlib.import_module(module), name))
        return factory(*self.arguments)


@dataclass(frozen=True, slots=True)
class Ready:
    model: ModelInfo
    hop_samples: int
    """0: it hears whole segments only."""
    takes_hints: bool


@dataclass(frozen=True, slots=True)
class Unfit:
    """The recogniser could not be built; trying again cannot help."""

    message: str


@dataclass(frozen=True, slots=True)
class Request:
    segment: Segment
    hints: tuple[PhraseHint, ...] = ()


@dataclass(frozen=True, slots=True)
class Fit:
    """How well does the audio of a segment, as some worker heard it, fit these strings?"""

    log_probs: npt.NDArray[np.float16]
    phrases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    recognition: Recognition | None
    error: SpeechError | None
    busy_s: float
    partial: Partial | None = None
    """To a Listen; None: nothing to hear yet, or no more."""
    fits: tuple[float, ...] | None = None
    """To a Fit: one for each phrase; None: the recogniser cannot say."""


def main(pipe: Connection, spec: RecogniserSpec) -> None:
    """Run until the other end of the pipe is closed, which also happens when the parent dies."""
    # Ctrl-C reaches the whole process group; the parent drains first, then closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        recogniser, model = giving_way(spec.build)
        recogniser.recognize(bytes(2 * SAMPLE_RATE_HZ), 0)  # the first run allocates; no user should wait for it
    except ConfigurationError as error:
        pipe.send(Unfit(str(error)))
        return
    listeners = Listeners(recogniser)
    pipe.send(Ready(model, listeners.hop_samples, takes_hints(recogniser)))
    while True:
        try:
            match request := pipe.recv():
                case Request():
                    reply = answer(recogniser, request)
                case Fit():
                    reply = fit(recogniser, request)
                case _:
                    reply = listeners.answer(request)
            pipe.send(reply)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return


def answer(recogniser: Recogniser, request: Request) -> Reply:
    """Exactly one Reply, whatever the recogniser does short of killing the process."""
    begin_s = time.perf_counter()
    recognition, error = None, None
    try:
        if request.hints and isinstance(recogniser, HintedRecogniser):
            recognition = recogniser.recognize(request.segment.pcm, request.segment.start_sample, request.hints)
        else:
            recognition = recogniser.recognize(request.segment.pcm, request.segment.start_sample)
        if not isinstance(recognition, Recognition):
            raise InternalError(f"the recogniser returned {type(recognition).__name__}, not Recognition")
    except SpeechError as refusal:
        recognition, error = None, refusal
    except Exception:  # a bug in a model must cost one segment, not the worker
        log.exception("the recogniser failed on a segment of %d samples", request.segment.sample_count)
        recognition, error = None, InternalError("recognition failed")
    return Reply(recognition, error, time.perf_counter() - begin_s)


def takes_hints(recogniser: Recogniser) -> bool:
    return isinstance(recogniser, HintedRecogniser) and recogniser.takes_hints


def fit(recogniser: Recogniser, request: Fit) -> Reply:
    """Exactly one Reply; what fails here costs the order of some hits, nothing else."""
    begin_s, scores = time.perf_counter(), None
    try:
        if isinstance(recogniser, FittingRecogniser):
            scores = tuple(map(float, recogniser.fit(request.log_probs, request.phrases)))
    except Exception:
        log.exception("fitting %d phrases to %d frames failed", len(request.phrases), len(request.log_probs))
    return Reply(None, None, time.perf_counter() - begin_s, fits=scores)


class Listeners:
    """What this worker has heard of segments still being spoken, until it is told that they ended."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser if isinstance(recogniser, ListeningRecogniser) else None
        self.hop_samples = self._recogniser.hop_samples if self._recogniser else 0
        self._open: dict[tuple[str, int], Listener] = {}

    def __len__(self) -> int:
        return len(self._open)

    def answer(self, request: Listen | Forget) -> Reply:
        """Exactly one Reply; a segment that cannot be heard is heard no more, and its final result tells why."""
        begin_s, partial = time.perf_counter(), None
        if isinstance(request, Forget):
            for key in request.keys:
                self._open.pop(key, None)
        else:
            try:
                partial = self._hear(request)
            except Exception:
                log.exception("listening failed %d samples into a segment", request.heard_samples)
                self._open.pop(request.key, None)
        return Reply(None, None, time.perf_counter() - begin_s, partial)

    def _hear(self, part: Listen) -> Partial | None:
        if self._recogniser is not None and not part.heard_samples:
            self._open[part.key] = self._recogniser.listener(part.start_sample)
        listener = self._open.get(part.key)
        return listener.push(part.pcm) if listener is not None else None


def load_recogniser(bundle_dir: str, words_dir: str = "") -> tuple[Recogniser, ModelInfo]:
    """The factory of every real server. words_dir: a vocabulary in the place of the bundle's own. Raises: BundleError."""
    from models.decode.readers import reader_of  # noqa: PLC0415 - onnxruntime and the decoder, which only workers need
    from models.decode.vocabulary import Vocabulary  # noqa: PLC0415
    from models.interim.listening_recognizer import serving_recognizer  # noqa: PLC0415

    bundle = load_bundle(bundle_dir)
    reader = reader_of(bundle, vocabulary=Vocabulary.read(Path(words_dir))) if words_dir else None
    manifest, recognizer = bundle.manifest, serving_recognizer(bundle, reader)
    return recognizer, ModelInfo(manifest.model_id, manifest.version, manifest.language, recognizer.arithmetic, bundle.sha256)
