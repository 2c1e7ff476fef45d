"""HAProxy as deploy/haproxy/haproxy.cfg configures it, on a free port of this machine, in front of two servers; and what it says of them."""

from __future__ import annotations

import csv
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from protos.errors import ConfigurationError

CONFIG = Path("deploy") / "haproxy" / "haproxy.cfg"
BACKEND = "servers"
STOP_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Backend:
    """One server as HAProxy sees it."""

    name: str
    is_up: bool
    streams: int
    """Now."""
    streams_ever: int


@dataclass(frozen=True, slots=True)
class Balancer:
    address: str
    socket_path: Path

    def backends(self) -> list[Backend]:
        """Raises: OSError: it does not answer."""
        return parse_stats(self._ask("show stat"))

    def _ask(self, command: str) -> str:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(STOP_TIMEOUT_S)
            connection.connect(str(self.socket_path))
            connection.sendall(command.encode() + b"\n")
            answer = bytearray()
            while part := connection.recv(65_536):
                answer += part
        return answer.decode()


def parse_stats(text: str) -> list[Backend]:
    """Of `show stat`: the servers of our backend, in order."""
    rows = csv.DictReader(text.removeprefix("# ").splitlines())
    return [
        Backend(row["svname"], row["status"].startswith("UP"), int(row["scur"]), int(row["stot"]))
        for row in rows
        if row["pxname"] == BACKEND and row["svname"] != "BACKEND"
    ]


@contextmanager
def running_haproxy(root: Path, folder: Path, servers: list[tuple[str, str]], program: Path | None = None) -> Iterator[Balancer]:
    """servers: address and metrics address of each of two. folder: for its socket; a path of a socket has at most 107 characters.

    Raises: ConfigurationError: there is no HAProxy here, or it refuses its configuration; its own words are on standard error.
    """
    found = program or shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        raise ConfigurationError("haproxy: not on this machine; on Debian: apt install haproxy")
    socket_path = folder / "haproxy.sock"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.set_inheritable(True)
        names = {"HARKEN_HAPROXY_BIND": f"fd@{listening.fileno()}", "HARKEN_HAPROXY_SOCKET": str(socket_path)}
        for number, (address, metrics_address) in enumerate(servers, 1):
            names[f"HARKEN_SERVER_{number}"] = address
            names[f"HARKEN_SERVER_{number}_METRICS_PORT"] = metrics_address.rpartition(":")[2]
        command = [str(found), "-db", "-q", "-f", str(root / CONFIG)]
        with subprocess.Popen(command, env={**os.environ, **names}, pass_fds=(listening.fileno(),), stdout=subprocess.DEVNULL) as process:
            try:
                _until_it_answers(process, socket_path)
                yield Balancer(f"127.0.0.1:{listening.getsockname()[1]}", socket_path)
            finally:
                process.kill()


def _until_it_answers(process: subprocess.Popen[bytes], socket_path: Path) -> None:
    while process.poll() is None:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.connect(str(socket_path))
            return
        except OSError:
            os.sched_yield()
    raise ConfigurationError(f"haproxy ended with exit code {process.returncode}; its own words are above")
