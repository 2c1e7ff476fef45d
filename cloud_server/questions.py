"""What a worker is asked for and who waits for it. Decides nothing."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from cloud_server.schedule import Job
from cloud_server.worker import WorkerDied, WorkerLate
from cloud_server.worker_process import Fit, Ready, Reply, Request
from models.records import Recognition
from protos.errors import ConfigurationError, InternalError
from protos.messages import FinalReason


@dataclass(frozen=True, slots=True)
class Transcription:
    recognition: Recognition
    queue_s: float
    worker_s: float


@dataclass(slots=True)
class Task:
    job: Job
    request: Request
    future: asyncio.Future[Transcription]
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Beside:
    """What costs no segment, whatever becomes of it."""

    request: Fit | Request
    work: str
    """One of `queue_metrics.WORK`."""
    limit_s: float
    """A worker that takes longer hangs."""
    future: asyncio.Future[Reply | None]


def loaded(outcome: Ready | BaseException) -> Ready:
    """What `Worker.start` came to. Raises: ConfigurationError: what a person must change; anything else as it is."""
    if isinstance(outcome, WorkerDied):
        raise start_failure(outcome) from outcome
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def start_failure(error: WorkerDied) -> ConfigurationError:
    """What whoever starts a server is to do about a worker that never came up."""
    if isinstance(error, WorkerLate):
        return ConfigurationError(f"{error}: this machine is too busy or too slow; start fewer with --workers, or allow more with --worker-start-s")
    return ConfigurationError(f"{error} before it was ready: its own words are above, and if there are none, the kernel's log says what ended it")


def next_beside(waiting: deque[Beside]) -> Beside | None:
    """The first that somebody still waits for; those before it are dropped."""
    while waiting:
        if not (beside := waiting.popleft()).future.done():
            return beside
    return None


def settle_beside(beside: Beside, reply: Reply | None) -> None:
    if not beside.future.done():
        beside.future.set_result(reply)


def early_transcription(reply: Reply | None) -> Transcription | None:
    """None where it came to nothing: whoever asks again is told why."""
    if reply is None or reply.recognition is None or is_hollow(reply.recognition):
        return None
    return Transcription(reply.recognition, 0.0, reply.busy_s)


def is_hollow(recognition: Recognition) -> bool:
    return recognition.final_reason is FinalReason.RECOGNIZED and not recognition.alternatives


def settle(task: Task, reply: Reply, queue_s: float) -> None:
    """The worker's answer, to whoever still waits for it."""
    if task.future.done():
        return
    if reply.error is not None:
        task.future.set_exception(reply.error)
    elif reply.recognition is None or is_hollow(reply.recognition):
        fail(task, InternalError("the recogniser returned no alternatives for speech it recognised"))
    else:
        task.future.set_result(Transcription(reply.recognition, queue_s, reply.busy_s))


def fail(task: Task, error: Exception) -> None:
    if not task.future.done():
        task.future.set_exception(error)
