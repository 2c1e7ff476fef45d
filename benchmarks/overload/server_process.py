"""A server to be overwhelmed, a process of its own on cores of its own: `python -m benchmarks.overload.server_process '{"cores": [0]}'`.

It prints where it listens as one JSON object and serves until its stdin closes. The model is a stub that takes its time, so that what is measured is
how the server queues, refuses and shares out, not what a model costs.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cloud_server.admission import SECONDS_A_MINUTE
from cloud_server.app import running_server
from cloud_server.config import TENANT_QUOTA, Config
from cloud_server.security.exposure import Security
from cloud_server.security.principal import Scope
from cloud_server.security.tokens import mint, signing_key
from cloud_server.worker_process import RecogniserSpec

TOKEN_LIFETIME_S = 3600.0
STOP_TIMEOUT_S = 15.0


@dataclass(frozen=True, slots=True)
class ServerOptions:
    cores: tuple[int, ...] = ()
    """Empty: wherever the system likes."""
    workers: int = 1
    audio_s_per_s: float = 25.0
    """Of each worker. A third of what the shipped model hears on one core: ten times as much is then within what one process can send."""
    max_queued_s: float = 0.6
    """Of waiting: the bound of the queue, in audio seconds, is so many seconds' work. The default server has 60 s for 75 on each of two cores."""
    quota_share: float = 0.07
    """Of what the server hears, that a tenant may ask for over time: as in the simulation of tests/cloud_server/test_admission.py."""
    keepalive_s: float = Config().keepalive_s
    tenants: tuple[str, ...] = ()
    """Each gets a token, and then nobody is let in without; empty: nobody is asked."""

    @property
    def capacity_s_per_s(self) -> float:
        """Audio seconds a second, of all workers."""
        return self.audio_s_per_s * self.workers


@dataclass(frozen=True, slots=True)
class Overwhelmed:
    """A server that runs."""

    address: str
    metrics_address: str
    pid: int
    tokens: dict[str, str] = field(repr=False)


@asynccontextmanager
async def overwhelmed(options: ServerOptions) -> AsyncIterator[Overwhelmed]:
    """Such a server, ended at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.overload.server_process",
        json.dumps(asdict(options)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None  # noqa: S101 - asked for above
    assert process.stdin is not None  # noqa: S101
    try:
        yield Overwhelmed(**json.loads(await process.stdout.readline()))
        process.stdin.close()
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def serve(options: ServerOptions, folder: Path) -> None:
    security, tokens = Security(), dict[str, str]()
    if options.tenants:
        security = Security(None, require_token=True, token_key=folder / "token.key", api_keys=folder / "api-keys.jsonl")
        key = signing_key(folder / "token.key")
        tokens = {tenant: mint(key, tenant, frozenset({Scope.STREAM}), TOKEN_LIFETIME_S, time.time()) for tenant in options.tenants}
    config = Config(
        port=0,
        metrics_port=0,
        workers=options.workers,
        max_queued_audio_s=options.max_queued_s * options.capacity_s_per_s,
        security=security,
        drain_s=1.0,
        keepalive_s=options.keepalive_s,
        tenant_quota=replace(TENANT_QUOTA, audio_s_per_minute=options.quota_share * options.capacity_s_per_s * SECONDS_A_MINUTE),
    )
    spec = RecogniserSpec("benchmarks.faults.stub:make_stub", (str(1 / options.audio_s_per_s),))
    async with running_server(config, spec) as server:
        print(json.dumps({"address": server.address, "metrics_address": server.metrics_address, "pid": os.getpid(), "tokens": tokens}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


def options_of(words: dict[str, Any]) -> ServerOptions:
    return ServerOptions(**{**words, "cores": tuple(words.get("cores", ())), "tenants": tuple(words.get("tenants", ()))})


def main() -> None:
    options = options_of(json.loads(sys.argv[1]))
    if options.cores:
        os.sched_setaffinity(0, options.cores)  # its workers inherit it
    with TemporaryDirectory(prefix="harken-overload-") as folder:
        asyncio.run(serve(options, Path(folder)))


if __name__ == "__main__":
    main()
