"""The inside of one worker process: build a recogniser, then answer one request at a time until the pipe closes. No gRPC, no asyncio, no metrics.

The pipe carries whole dataclasses, PCM included: 20 s of audio are 640 kB, and sending them costs under 1 % of recognising them
(benchmarks/LOG.md, 2026-11-23), so shared memory would only add a way to leak.
"""

from __future__ import annotations

import importlib
import logging
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Protocol, cast

from models.bundle import load_bundle
from models.records import Recognition
from protos.errors import ConfigurationError, InternalError, SpeechError
from protos.messages import SAMPLE_RATE_HZ, ModelInfo, Segment

log = logging.getLogger(__name__)


class Recogniser(Protocol):
    def recognize(self, pcm: bytes, start_sample: int) -> Recognition: ...


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


@dataclass(frozen=True, slots=True)
class Unfit:
    """The recogniser could not be built; trying again cannot help."""

    message: str


@dataclass(frozen=True, slots=True)
class Request:
    segment: Segment
    max_alternatives: int


@dataclass(frozen=True, slots=True)
class Reply:
    recognition: Recognition | None
    error: SpeechError | None
    busy_s: float


def main(pipe: Connection, spec: RecogniserSpec) -> None:
    """Run until the other end of the pipe is closed, which also happens when the parent dies."""
    # Ctrl-C reaches the whole process group; the parent drains first, then closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        recogniser, model = spec.build()
        recogniser.recognize(bytes(2 * SAMPLE_RATE_HZ), 0)  # the first run allocates; no user should wait for it
    except ConfigurationError as error:
        pipe.send(Unfit(str(error)))
        return
    pipe.send(Ready(model))
    while True:
        try:
            request: Request = pipe.recv()
            pipe.send(answer(recogniser, request))
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return


def answer(recogniser: Recogniser, request: Request) -> Reply:
    """Exactly one Reply, whatever the recogniser does short of killing the process."""
    begin_s = time.perf_counter()
    recognition, error = None, None
    try:
        recognition = recogniser.recognize(request.segment.pcm, request.segment.start_sample)
        if not isinstance(recognition, Recognition):
            raise InternalError(f"the recogniser returned {type(recognition).__name__}, not Recognition")
    except SpeechError as refusal:
        recognition, error = None, refusal
    except Exception:  # a bug in a model must cost one segment, not the worker
        log.exception("the recogniser failed on a segment of %d samples", request.segment.sample_count)
        recognition, error = None, InternalError("recognition failed")
    return Reply(recognition, error, time.perf_counter() - begin_s)


def load_recogniser(bundle_dir: str) -> tuple[Recogniser, ModelInfo]:
    """The factory of every real server. Raises: BundleError."""
    from models.recognizer import Recognizer  # noqa: PLC0415 - onnxruntime, which only workers need

    bundle = load_bundle(bundle_dir)
    manifest, recognizer = bundle.manifest, Recognizer(bundle)
    return recognizer, ModelInfo(manifest.model_id, manifest.version, manifest.language, recognizer.arithmetic, bundle.sha256)
