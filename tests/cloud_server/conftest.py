"""A small catalogue and a real server on it, with a recogniser that needs no model."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

from cloud_server.app import RunningServer, running_server
from cloud_server.config import Config
from cloud_server.worker_process import RecogniserSpec

ROWS = [
    {
        "id": "soup",
        "title": "Chicken Noodle Soup",
        "text": "Simmer the bones. Add noodles.",
        "tags": ["soup"],
        "ingredients": ["chicken", "egg noodles"],
    },
    {"id": "bread", "title": "Banana Bread", "text": "Mash bananas and fold in flour. Bake an hour.", "tags": ["baking"], "popularity": 0.9},
    {"id": "brulee", "title": "Crème Brûlée", "text": "Warm the cream. Burn the sugar.", "tags": ["dessert"], "url": "recipe:brulee"},
    {"id": "pie", "title": "Apple Pie", "text": "Slice the apples thinly. Bake until golden.", "tags": ["dessert", "baking"]},
]
STUB = RecogniserSpec("tests.fakes:make_stub")


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "small.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


@pytest.fixture
async def server(catalogue: Path) -> AsyncIterator[RunningServer]:
    config = Config(port=0, metrics_port=0, workers=1, catalogues=(catalogue,), starved_s=5.0, first_message_s=0.3, drain_s=5.0)
    async with running_server(config, STUB) as running:
        yield running


@pytest.fixture
async def channel(server: RunningServer) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(server.address) as channel:
        yield channel
