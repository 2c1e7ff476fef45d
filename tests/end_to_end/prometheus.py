"""A real Prometheus of this test alone: on loopback, with our rules, scraping every half second."""

from __future__ import annotations

import asyncio
import json
import math
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.programs import program

READY = "Server is ready to receive web requests."
PATIENCE_S = 30.0


@dataclass(frozen=True)
class Prometheus:
    address: str

    async def query(self, expression: str) -> list[float]:
        """Every value of an instant query. Raises: AssertionError: Prometheus refuses it."""
        url = f"http://{self.address}/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
        answer = await asyncio.to_thread(_get, url)
        assert answer["status"] == "success", answer
        result = answer["data"]["result"]
        return [float(value) for _, value in ([result] if answer["data"]["resultType"] == "scalar" else [series["value"] for series in result])]

    async def value(self, expression: str) -> float:
        (value,) = await self.query(expression)
        return value

    async def until(self, expression: str) -> None:
        """True in Prometheus' eyes. Each look is a round trip; gives up after PATIENCE_S."""
        async with asyncio.timeout(PATIENCE_S):
            while not await self.query(expression):
                pass

    async def unanswered(self, expressions: dict[str, str]) -> dict[str, list[float]]:
        """Of named queries, those whose answer is empty or not finite."""
        answers = {name: await self.query(expression) for name, expression in expressions.items()}
        return {name: values for name, values in answers.items() if not values or not all(map(math.isfinite, values))}


def _get(url: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as response:  # noqa: S310 - made above, of http
            answer: dict[str, Any] = json.load(response)
    except urllib.error.HTTPError as error:  # its body says what is wrong with the query
        answer = json.load(error)
    return answer


@asynccontextmanager
async def running_prometheus(metrics_address: str, rules: Path, folder: Path) -> AsyncIterator[Prometheus]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    config = {
        "global": {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"},
        "rule_files": [str(rules / "*.yml")],
        "scrape_configs": [
            {"job_name": "harken-server", "static_configs": [{"targets": [metrics_address]}]},
            {"job_name": "prometheus", "static_configs": [{"targets": [address]}]},
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    command = [program("prometheus"), f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'tsdb'}"]
    process = await asyncio.to_thread(
        subprocess.Popen[str], [*command, f"--web.listen-address={address}"], stderr=subprocess.PIPE, text=True
    )  # fmt: skip
    try:
        assert process.stderr is not None
        said = []
        while READY not in (line := await asyncio.to_thread(process.stderr.readline)):
            said.append(line)
            assert line, "".join(said)
        draining = asyncio.create_task(asyncio.to_thread(process.stderr.read))
        yield Prometheus(address)
        process.terminate()
        await draining
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
