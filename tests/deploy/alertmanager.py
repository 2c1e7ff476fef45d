"""A real Alertmanager of this test alone, on loopback, with our routes and inhibitions."""

from __future__ import annotations

import json
import socket
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.programs import program

READY = '"Listening on"'
PATIENCE_S = 30.0
Labels = dict[str, str]


@dataclass(frozen=True)
class Alertmanager:
    address: str

    def fire(self, alerts: Sequence[Labels]) -> None:
        self._call([{"labels": labels} for labels in alerts])

    def heard(self) -> list[Labels]:
        """Of what fires, what reaches anybody."""
        return [alert["labels"] for alert in self._call() if not alert["status"]["inhibitedBy"]]

    def _call(self, body: list[dict[str, Labels]] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{self.address}/api/v2/alerts", data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:  # noqa: S310 - made above, of http
            said = response.read()
        return json.loads(said) if said else None


@contextmanager
def running_alertmanager(config: Path, folder: Path) -> Iterator[Alertmanager]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    options = [f"--config.file={config}", f"--storage.path={folder}", f"--web.listen-address={address}", "--cluster.listen-address="]
    with subprocess.Popen([program("alertmanager"), *options], stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            said = []
            while READY not in (line := process.stderr.readline()):
                said.append(line)
                assert line, "".join(said)
            yield Alertmanager(address)
        finally:
            process.kill()
