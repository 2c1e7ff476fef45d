"""What a worker process answers, with an engine that is no engine; and what its near end makes of a process that fails."""

from __future__ import annotations

import io
import json
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from benchmarks.engines.job import STREAMS, Hear, Job
from benchmarks.worker import Worker
from benchmarks.worker_process import Engine, serve
from models.features import Waveform
from protos.errors import ConfigurationError

CLIPS = np.arange(12, dtype=np.float32).reshape(3, 4)


class Listener:
    """A session that keeps what it was given. The best output of its only frame is the clip's first sample."""

    def __init__(self) -> None:
        self.heard: list[float] = []
        self.threads: set[int] = set()

    def __call__(self, waveform: Waveform) -> np.ndarray:
        self.heard.append(float(waveform[0]))
        self.threads.add(threading.get_ident())
        return np.eye(12, dtype=np.float32)[[int(waveform[0])]]


def job() -> Job:
    return Job(Path(), Path(), Path(), tuple(CLIPS))


def test_every_clip_of_a_round_is_heard_once_by_either_session_each_in_its_own_thread() -> None:
    listeners = [Listener() for _ in range(STREAMS)]
    engine = Engine(listeners, job())
    assert engine.run(7) > 0
    engine.run(2)
    assert sorted(listeners[0].heard + listeners[1].heard) == sorted([0.0, 4.0, 8.0] * 2 + [0.0] + [0.0, 4.0])
    threads = [listener.threads for listener in listeners]
    assert all(len(own) <= 1 for own in threads)
    assert not threads[0] & threads[1]
    assert threading.get_ident() not in threads[0] | threads[1]


def test_a_failing_session_fails_the_round() -> None:
    def fails(waveform: Waveform) -> np.ndarray:
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        Engine([fails] * STREAMS, job()).run(3)


def test_the_protocol(tmp_path: Path) -> None:
    np.save(tmp_path / "clips.npy", CLIPS)
    given: list[Job] = []

    def sessions(wanted: Job) -> list[Hear]:
        given.append(wanted)
        return [Listener() for _ in range(STREAMS)]

    load = {"do": "load", "bundle": "b", "checkpoint": "c", "export": "e", "clips": str(tmp_path / "clips.npy")}
    lines = [load, {"do": "run", "clips": 5}, {"do": "outputs"}]
    replies = io.StringIO()
    serve(sessions, io.StringIO("".join(f"{json.dumps(line)}\n" for line in lines)), replies)
    loaded, ran, outputs = map(json.loads, replies.getvalue().splitlines())
    assert "numpy" in loaded["versions"]
    assert ran["seconds"] > 0
    assert outputs == {"outputs": [[0], [4], [8]]}
    assert [(wanted.bundle, wanted.checkpoint, wanted.export, len(wanted.clips)) for wanted in given] == [(Path("b"), Path("c"), Path("e"), 3)]


ECHO = "import sys\nfor line in sys.stdin: print(line, end='', flush=True)"


def test_the_near_end_gets_one_reply_a_command(tmp_path: Path) -> None:
    with Worker([sys.executable, "-c", ECHO], tmp_path / "log", tmp_path) as worker:
        assert worker.ask("run", clips=3) == {"do": "run", "clips": 3}
        assert worker.ask("outputs") == {"do": "outputs"}


def test_a_process_that_ends_is_told_with_its_last_words(tmp_path: Path) -> None:
    with (
        Worker([sys.executable, "-c", "raise SystemExit('no such precision')"], tmp_path / "log", tmp_path) as worker,
        pytest.raises(ConfigurationError, match="no answer to load(.|\n)*no such precision"),
    ):
        worker.ask("load")
