"""A server with a recogniser that needs no model, and a recording to speak."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from benchmarks.load.script import Script, found_recordings, scripts
from cloud_server.app import RunningServer, running_server
from cloud_server.config import Config
from cloud_server.worker_process import RecogniserSpec


@pytest.fixture
async def server() -> AsyncIterator[RunningServer]:
    async with running_server(Config(port=0, metrics_port=0, workers=1), RecogniserSpec("tests.fakes:make_stub")) as running:
        yield running


@pytest.fixture(scope="session")
def made(root: Path) -> list[Script]:
    return scripts(found_recordings(root, None, 1)[:1], interim=False)
