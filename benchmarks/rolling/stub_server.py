"""A server without a model, for tests of what surrounds it: `... --port P --metrics-port P`; it says where it listens, and SIGTERM stops it."""

from __future__ import annotations

import asyncio
import sys

from cloud_server.__main__ import serve
from cloud_server.config import Config
from cloud_server.worker_process import RecogniserSpec

STUB = RecogniserSpec("benchmarks.faults.stub:make_stub")

if __name__ == "__main__":
    _, port, _, metrics_port = sys.argv[1:]
    asyncio.run(serve(Config(port=int(port), metrics_port=int(metrics_port), workers=1), as_json=True, spec=STUB))
