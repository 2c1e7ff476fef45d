"""Starts our own programs as a user would, reads what they say of themselves, and stops them again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from protos.errors import ConfigurationError

STOP_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class ServerProcess:
    address: str
    metrics_address: str
    model: str
    catalogue: str
    """The default one."""
    documents: int
    catalogues: list[str]
    workers: int
    pid: int


@contextmanager
def server_process(*flags: str) -> Iterator[ServerProcess]:
    """`harken-server run` on free loopback ports; SIGTERM and a clean exit at the end.

    Raises: ConfigurationError: it did not start, or did not stop in good order; its own words are on stderr.
    """
    command = [sys.executable, "-m", "cloud_server", "run", "--port", "0", "--metrics-port", "0", "--json", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101
            line = process.stdout.readline()
            if not line:
                raise ConfigurationError(f"the server did not start (exit code {process.wait(STOP_TIMEOUT_S)})")
            yield ServerProcess(**json.loads(line), pid=process.pid)
            process.send_signal(signal.SIGTERM)
            code = process.wait(STOP_TIMEOUT_S)
            if code != 0:
                raise ConfigurationError(f"the server stopped with exit code {code}")
        finally:
            process.kill()


def run_edge(*arguments: str, capture: bool = False) -> tuple[int, str]:
    """`harken-edge ...` to its end; its exit code and, if captured, what it printed."""
    command = [sys.executable, "-m", "edge_client", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE if capture else None, text=True, check=False)
    return done.returncode, done.stdout or ""


def json_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.strip()]
