"""A whole server: health, metrics, and an end that loses nothing."""

from __future__ import annotations

import asyncio
import urllib.request
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from prometheus_client.parser import text_string_to_metric_families

from cloud_server.app import RunningServer, running_server
from cloud_server.config import Config
from protos import codec
from protos import messages as m
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc
from protos.errors import CatalogueError, ConfigurationError
from tests import fakes
from tests.cloud_server.conftest import STUB
from tests.cloud_server.test_service import converse


async def scrape(server: RunningServer) -> dict[tuple[str, tuple[str, ...]], float]:
    with await asyncio.to_thread(urllib.request.urlopen, f"http://{server.metrics_address}/metrics") as response:
        text = response.read().decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, tuple(sample.labels.values())): sample.value for sample in samples}


async def test_a_scrape_shows_each_segment_once_and_its_time_by_stage(server: RunningServer, channel: grpc.aio.Channel) -> None:
    before = await scrape(server)
    assert before["asr_server_segments_total", ("ok", "live")] == 0
    report = m.EdgeReport(captured=10.0, sent=4.0)
    bad = fakes.speech(4000, fakes.RAISE, segment_id=2)
    await converse(channel, m.StreamingConfig(), *fakes.requests_of(fakes.speech(4000)), *fakes.requests_of(bad), report)
    after = await scrape(server)
    assert after["asr_server_segments_total", ("ok", "live")] == 1
    assert after["asr_server_segments_total", ("server_error", "live")] == 1
    assert after["asr_server_rejects_total", ("internal",)] == 1
    assert after["asr_edge_audio_seconds_total", ("captured",)] == 10.0
    for stage in ("queue", "infer", "search", "total"):
        assert after["asr_server_segment_seconds_count", (stage,)] == 1
    assert after["asr_server_ready", ()] == 1
    assert after["asr_server_streams", ("grpc",)] == 0


async def test_health_follows_readiness(server: RunningServer, channel: grpc.aio.Channel) -> None:
    health = health_pb2_grpc.HealthStub(channel)
    for service in ("", "harken.v1.SpeechSearch"):
        answer = await health.Check(health_pb2.HealthCheckRequest(service=service))
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_stopping_says_go_away_and_finishes_what_was_started(catalogue: Path) -> None:
    config = Config(port=0, metrics_port=0, workers=1, catalogues=(catalogue,))
    async with running_server(config, STUB) as server:
        channel = grpc.aio.insecure_channel(server.address)
        call = pb_grpc.SpeechSearchStub(channel).StreamingRecognize()
        start, *rest = fakes.requests_of(fakes.speech(4000))
        for request in (m.StreamingConfig(), start):
            await call.write(codec.encode_request(request))
        received = [codec.decode_response(await call.read()) for _ in range(2)]
        # the block has begun to drain while the segment was open; its rest still counts
        stopping = asyncio.create_task(send_rest(call, rest))
    received += await stopping
    kinds = [type(response).__name__ for response in received]
    assert kinds == ["Session", "SegmentAccepted", "GoAway", "Result", "SearchResults"]
    await channel.close()


async def send_rest(
    call: grpc.aio.StreamStreamCall[pb.StreamingRecognizeRequest, pb.StreamingRecognizeResponse], rest: list[m.Request]
) -> list[m.Response]:
    """Once the server says GoAway, send what is left of the segment, and read to the end."""
    responses = [codec.decode_response(await call.read())]
    for request in rest:
        await call.write(codec.encode_request(request))
    while (message := await call.read()) is not grpc.aio.EOF:
        responses.append(codec.decode_response(message))
    return responses


async def test_a_port_in_use_is_said_in_one_sentence(server: RunningServer, catalogue: Path) -> None:
    port = int(server.address.rsplit(":", 1)[1])
    with pytest.raises(ConfigurationError, match=f"cannot listen on 127.0.0.1:{port}"):
        async with running_server(Config(port=port, metrics_port=0, workers=1, catalogues=(catalogue,)), STUB):
            pass


async def test_a_bad_catalogue_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"none\.jsonl"):
        async with running_server(Config(port=0, metrics_port=0, workers=1, catalogues=(tmp_path / "none.jsonl",)), STUB):
            pass
