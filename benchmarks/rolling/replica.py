"""One of several servers: a process that comes back on the same ports each time it is restarted, stopped in good order."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from protos.errors import ConfigurationError

STOP_TIMEOUT_S = 60.0
REAL = ("cloud_server", "run", "--json")
"""harken-server itself; what stands in for it takes --port and --metrics-port too, and says where it listens in the same way."""


def free_port() -> int:
    """Free a moment ago: a server that is restarted must come back on a port that its neighbours know."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@dataclass(slots=True)
class Replica:
    arguments: Sequence[str] = REAL
    """Of `python -m`, without its ports."""
    port: int = field(default_factory=free_port)
    metrics_port: int = field(default_factory=free_port)
    exit_codes: list[int] = field(default_factory=list)
    """Of each stop."""
    _process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def metrics_address(self) -> str:
        return f"127.0.0.1:{self.metrics_port}"

    @property
    def pid(self) -> int:
        assert self._process is not None  # noqa: S101 - start() comes first
        return self._process.pid

    def start(self) -> None:
        """Returns when it accepts segments. Raises: ConfigurationError: it did not start; its own words are on standard error."""
        command = [sys.executable, "-m", *self.arguments, "--port", str(self.port), "--metrics-port", str(self.metrics_port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        line = self._process.stdout.readline()
        if not line or json.loads(line)["address"] != self.address:
            raise ConfigurationError(f"the server on {self.address} did not start; its own words are above")

    def stop(self) -> None:
        """SIGTERM, and its end: what was started is finished first. Nothing if it does not run."""
        if self._process is None:
            return
        with self._process as process:
            process.send_signal(signal.SIGTERM)
            try:
                self.exit_codes.append(process.wait(STOP_TIMEOUT_S))
            finally:
                process.kill()
        self._process = None
