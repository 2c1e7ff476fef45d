"""One trace from the microphone to the hits, and exemplars that lead from a histogram to it."""

from __future__ import annotations

import asyncio
import re
import urllib.request
from pathlib import Path

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from cloud_server.app import RunningServer, running_server
from cloud_server.config import Config as ServerConfig
from cloud_server.telemetry.tracing import Tracing as ServerTracing
from cloud_server.worker_process import RecogniserSpec
from edge_client.app import EdgeSession
from edge_client.config import Config, TransportConfig
from edge_client.sources import AudioFile
from edge_client.tracing import Tracing

STUB = RecogniserSpec("tests.fakes:make_sounding_stub")


async def exposition(server: RunningServer) -> str:
    """As Prometheus asks for it: exemplars have no other form."""
    request = urllib.request.Request(f"http://{server.metrics_address}/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    with await asyncio.to_thread(urllib.request.urlopen, request) as response:
        text: bytes = response.read()
    return text.decode()


async def test_spans_of_both_sides_are_one_trace_and_a_bucket_names_it(root: Path) -> None:
    provider, exported = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exported))
    async with running_server(ServerConfig(port=0, metrics_port=0, workers=1), STUB, ServerTracing(provider)) as server:
        recording = AudioFile(root / "tests" / "recordings" / "pumpkin-pie.flac")
        session = EdgeSession(recording, Config(transport=TransportConfig(server.address)), tracing=Tracing(provider))
        outcomes = [outcome async for outcome in session.outcomes()]
        text = await exposition(server)
    spans = exported.get_finished_spans()
    assert len(outcomes) == 1
    (trace,) = {span.context.trace_id for span in spans if span.context}
    by_id = {span.context.span_id: span for span in spans if span.context}
    parents = {span.name: by_id[span.parent.span_id].name if span.parent else None for span in spans}
    inner = dict.fromkeys(("queue", "infer", "search"), "recognize and search")
    assert parents == {"voice query": None, "wait for the answer": "voice query", "recognize and search": "voice query", **inner}
    exemplars = re.findall(r'asr_server_segment_seconds_bucket\{le="[^"]+",stage="answer"\} \S+ # \{.*trace_id="(\w+)"', text)
    assert exemplars == [f"{trace:032x}"]


async def test_by_default_there_are_no_exemplars(root: Path) -> None:
    async with running_server(ServerConfig(port=0, metrics_port=0, workers=1), STUB) as server:
        recording = AudioFile(root / "tests" / "recordings" / "pumpkin-pie.flac")
        session = EdgeSession(recording, Config(transport=TransportConfig(server.address)))
        assert len([outcome async for outcome in session.outcomes()]) == 1
        assert "trace_id" not in await exposition(server)
