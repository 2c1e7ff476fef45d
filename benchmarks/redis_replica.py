"""One of several servers on a Redis, to be killed: `python -m benchmarks.redis_replica PORT` says where it is. Its model is the stub of `faults`."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cloud_server.app import running_server
from cloud_server.config import Config
from cloud_server.shared.access import RedisAccess
from cloud_server.worker_process import RecogniserSpec
from protos.errors import ConfigurationError

STUB = RecogniserSpec("benchmarks.faults.stub:make_stub")
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Replica:
    address: str
    metrics_address: str
    process: subprocess.Popen[str]

    def kill(self) -> None:
        """No drain, no last word."""
        self.process.kill()
        self.process.wait()


@contextmanager
def running_replicas(redis_port: int, count: int, patience_s: float | None = None) -> Iterator[list[Replica]]:
    """Started side by side. patience_s: with Redis, in the place of a server's own, for tests on busy machines.

    Raises: ConfigurationError: one does not start; its own words are on stderr.
    """
    command = [sys.executable, "-m", "benchmarks.redis_replica", str(redis_port), *([] if patience_s is None else [str(patience_s)])]
    with ExitStack() as stack:
        processes = [stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)) for _ in range(count)]
        try:
            yield [_ready(process) for process in processes]
        finally:
            for process in processes:
                process.kill()


def _ready(process: subprocess.Popen[str]) -> Replica:
    assert process.stdout is not None  # noqa: S101
    line = process.stdout.readline()
    if not line:
        raise ConfigurationError("a server on Redis did not start")
    address, metrics_address = json.loads(line)
    return Replica(address, metrics_address, process)


async def serve(redis_port: int, patience_s: float | None) -> None:
    access = RedisAccess(port=redis_port)
    if patience_s is not None:
        access = replace(access, operation_s=patience_s, hurried_s=patience_s)
    config = Config(port=0, metrics_port=0, workers=1, redis=access)
    async with running_server(config, STUB) as server:
        print(json.dumps([server.address, server.metrics_address]), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else None))
