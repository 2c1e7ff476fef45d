"""One engine in a process of its own: commands as JSON lines on standard input, one reply each on standard output. The end of input ends it."""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Any

import numpy as np

from benchmarks.engines.job import Hear, Job
from benchmarks.replies import own_standard_output

PACKAGES = ("numpy", "onnxruntime", "torch", "transformers", "openvino", "nncf")
WARM_UP_CLIPS = 8


class Engine:
    """Two sessions, each with a thread of its own for life: torch keeps what it has prepared by thread."""

    def __init__(self, sessions: Sequence[Hear], job: Job) -> None:
        self._sessions, self._clips = sessions, job.clips
        self._threads = [ThreadPoolExecutor(1) for _ in sessions]

    def run(self, clips: int) -> float:
        """Seconds for that many clips; a session that is done takes the next, as workers behind a queue do."""
        pending = iter(range(clips))
        begin_s = time.perf_counter()
        done = [thread.submit(self._drain, hear, pending) for thread, hear in zip(self._threads, self._sessions, strict=True)]
        for future in done:
            future.result()
        return time.perf_counter() - begin_s

    def _drain(self, hear: Hear, pending: Iterator[int]) -> None:
        for number in pending:
            hear(self._clips[number % len(self._clips)])

    def best_outputs(self) -> list[list[int]]:
        """Of each clip, the output that is highest in each frame."""
        hear = self._threads[0]
        return [hear.submit(self._sessions[0], clip).result().argmax(-1).tolist() for clip in self._clips]


def serve(sessions: Callable[[Job], list[Hear]], commands: IO[str], replies: IO[str]) -> None:
    """load {bundle, checkpoint, export, clips} -> {versions}; run {clips} -> {seconds}; outputs -> {outputs}. A failure ends the process.

    sessions: an engine's; called once, by the first command, which must be load.
    """
    engine = None
    for line in commands:
        command = json.loads(line)
        print(json.dumps(_reply(engine := engine or _load(sessions, command), command)), file=replies, flush=True)


def _load(sessions: Callable[[Job], list[Hear]], command: dict[str, Any]) -> Engine:
    job = Job(Path(command["bundle"]), Path(command["checkpoint"]), Path(command["export"]), tuple(np.load(command["clips"])))
    return Engine(sessions(job), job)


def _reply(engine: Engine, command: dict[str, Any]) -> dict[str, object]:
    match command["do"]:
        case "load":
            engine.run(WARM_UP_CLIPS)
            return {"versions": dict(_versions())}
        case "run":
            return {"seconds": engine.run(command["clips"])}
        case "outputs":
            return {"outputs": engine.best_outputs()}
        case other:
            raise ValueError(f"unknown command {other!r}")


def _versions() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            continue


def main() -> None:
    """Keeps standard output to itself: libraries print to it."""
    replies = own_standard_output()
    serve(importlib.import_module(f"benchmarks.engines.{sys.argv[1]}").sessions, sys.stdin, replies)


if __name__ == "__main__":
    main()
