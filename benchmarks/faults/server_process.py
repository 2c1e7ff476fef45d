"""A server to be killed: `python -m benchmarks.faults.server_process` prints its address, and hears the same words in the same samples."""

from __future__ import annotations

import asyncio
import hashlib

from cloud_server.app import running_server
from cloud_server.config import Config
from cloud_server.worker_process import RecogniserSpec
from models.records import Recognition
from protos import messages as m


def transcript_of(pcm: bytes) -> str:
    return "heard " + hashlib.sha256(pcm).hexdigest()[:12]


class DeterministicStub:
    """No model: policy is measured, not accuracy."""

    def recognize(self, pcm: bytes, start_sample: int) -> Recognition:
        word = m.Word("heard", start_sample, start_sample + len(pcm) // m.BYTES_PER_SAMPLE, 0.9)
        return Recognition(m.FinalReason.RECOGNIZED, (m.Hypothesis(transcript_of(pcm), 0.9, -0.1, (word,)),), ())


def make_stub() -> tuple[DeterministicStub, m.ModelInfo]:
    return DeterministicStub(), m.ModelInfo("deterministic-stub", "1", "en", "none", "0" * 64)


async def serve() -> None:
    config = Config(port=0, metrics_port=0, workers=1)
    async with running_server(config, RecogniserSpec("benchmarks.faults.server_process:make_stub")) as server:
        print(server.address, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
