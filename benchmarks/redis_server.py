"""A real redis-server of one's own on a free loopback port, that can be killed, stopped in its tracks, filled and spoilt."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis

from protos.errors import ConfigurationError

READY = "Ready to accept connections"
STOP_TIMEOUT_S = 10.0
PORT_ATTEMPTS = 5
PASSWORD = "changed-by-somebody"  # noqa: S105 - of a server that lives for one measurement


class RedisServer:
    def __init__(self, program: Path, folder: Path, *options: str) -> None:
        self._program, self._folder, self._options = program, folder, options
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """The same port as before, where it had one. Raises: ConfigurationError: it does not start; says its last words."""
        for _ in range(1 if self.port else PORT_ATTEMPTS):
            said = self._start(self.port or free_port())
            if self.port:
                return
        raise ConfigurationError(f"{self._program} does not start: {said}")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_TIMEOUT_S)
            assert self._process.stdout is not None  # noqa: S101
            self._process.stdout.close()
            self._process = None

    def hang(self) -> None:
        """It takes connections, as the kernel does for it, and answers nothing."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def ask(self, *command: Any, password: str | None = None) -> Any:
        """As its operator."""
        with redis.Redis(port=self.port, password=password, protocol=2) as client:
            return client.execute_command(*command)

    def lock(self) -> None:
        """It has a password all at once, and nobody is connected any more."""
        self.ask("CONFIG", "SET", "requirepass", PASSWORD)
        self.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes", password=PASSWORD)

    def unlock(self) -> None:
        self.ask("CONFIG", "SET", "requirepass", "", password=PASSWORD)

    def fill(self) -> None:
        """No room for anything new, and nothing goes to make some."""
        self.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
        self.ask("CONFIG", "SET", "maxmemory", "1")

    def empty(self) -> None:
        """Room again."""
        self.ask("CONFIG", "SET", "maxmemory", "0")

    def values(self) -> dict[bytes, bytes]:
        with redis.Redis(port=self.port, protocol=2) as client:
            return {name: client.get(name) or b"" for name in client.scan_iter()}

    def spoil(self) -> int:
        """Every value becomes another; how many there were."""
        names = self.values()
        for name in names:
            self.ask("SET", name, b"spoilt", "KEEPTTL")
        return len(names)

    def _start(self, port: int) -> str:
        command = [str(self._program), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(self._folder), "--save", "", *self._options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert process.stdout is not None  # noqa: S101
        said: str = ""
        for line in process.stdout:
            said = line.strip()
            if READY in said:
                self.port, self._process = port, process
                return said
        process.wait(STOP_TIMEOUT_S)
        process.stdout.close()
        if self.port:
            raise ConfigurationError(f"{self._program} does not start again on port {port}: {said}")
        return said

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None  # noqa: S101 - a bug of the caller's
        self._process.send_signal(number)


@contextmanager
def running_redis(program: Path, folder: Path, *options: str) -> Iterator[RedisServer]:
    """Nothing is kept on disk."""
    server = RedisServer(program, folder, *options)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
