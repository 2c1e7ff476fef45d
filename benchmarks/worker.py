"""The near end of an engine's process: starts it, asks it, ends it."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from pathlib import Path
from typing import Any, Self

from protos.errors import ConfigurationError

LOG_TAIL = 2000
# NNCF's quantisation of wav2vec2-base takes two minutes of a busy core; what is silent for longer hangs.
TIMEOUT_S = 420.0


class Worker:
    """Use as a context; `command` reads JSON lines and answers each with one."""

    def __init__(self, command: list[str], log: Path, cwd: Path) -> None:
        """log: takes what the process says beside its replies."""
        self._log, self._command = log, command
        with log.open("w") as errors:
            # A thread more would be one more than each session is meant to have.
            environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment, cwd=cwd
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, do: str, **arguments: object) -> dict[str, Any]:
        """Raises: ConfigurationError: the process ended, or was silent for TIMEOUT_S; with the last of what it said."""
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101, PT018
        timer = threading.Timer(TIMEOUT_S, self._process.kill)
        timer.start()
        try:
            print(json.dumps({"do": do, **arguments}), file=self._process.stdin, flush=True)
            reply = self._process.stdout.readline()
        except BrokenPipeError:
            reply = ""
        finally:
            timer.cancel()
        if not reply:
            said = self._log.read_text(errors="replace")[-LOG_TAIL:]
            raise ConfigurationError(f"{' '.join(self._command[1:])} gave no answer to {do}; it said:\n{said}")
        answer: dict[str, Any] = json.loads(reply)
        return answer
