"""Streams that end badly: whoever started a segment hears what became of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import grpc
import pytest

from cloud_server import stream
from cloud_server.app import RunningServer, running_server
from cloud_server.config import Config
from cloud_server.metrics import OUTCOMES
from cloud_server.session import Session
from protos import codec
from protos import messages as m
from protos import speech_search_pb2_grpc as pb_grpc
from tests import fakes
from tests.cloud_server.conftest import STUB
from tests.cloud_server.test_app import scrape


async def opened(channel: grpc.aio.Channel, *requests: m.Request) -> grpc.aio.StreamStreamCall:  # type: ignore[type-arg]
    call = pb_grpc.SpeechSearchStub(channel).StreamingRecognize()
    for request in (m.StreamingConfig(), *requests):
        await call.write(codec.encode_request(request))
    await call.read()
    return call


async def test_a_client_that_vanishes_is_counted_once(server: RunningServer, channel: grpc.aio.Channel) -> None:
    call = await opened(channel, *fakes.requests_of(fakes.speech(first=fakes.HANG)))
    await call.read()
    call.cancel()
    while (await scrape(server))["asr_server_streams", ("grpc",)]:  # noqa: ASYNC110 - seen from outside, a scrape is all there is
        await asyncio.sleep(0.01)
    after = await scrape(server)
    # Cancelled if its end had arrived, the client's error if the stream broke off before: one of them, once.
    outcomes = {outcome: after["asr_server_segments_total", (outcome, "live")] for outcome in OUTCOMES}
    assert outcomes["cancelled"] + outcomes["client_error"] == sum(outcomes.values()) == 1
    assert after["asr_server_stream_ends_total", ("CANCELLED",)] == 1


async def test_a_breach_ends_with_a_grpc_code_and_rejects_what_was_open(server: RunningServer, channel: grpc.aio.Channel) -> None:
    call = await opened(channel, m.SegmentStart(1), m.SegmentStart(1))
    assert await read_to_the_end(call) == ["accepted", "reject", "FAILED_PRECONDITION"]
    assert (await scrape(server))["asr_server_stream_ends_total", ("FAILED_PRECONDITION",)] == 1


async def test_a_segment_still_open_when_the_drain_ends_is_rejected(catalogue: Path) -> None:
    config = Config(port=0, metrics_port=0, workers=1, catalogues=(catalogue,), drain_s=0.3)
    async with running_server(config, STUB) as server:
        channel = grpc.aio.insecure_channel(server.address)
        call = await opened(channel, m.SegmentStart(1))
        reading = asyncio.create_task(read_to_the_end(call))
    assert (await reading)[:3] == ["accepted", "go_away", "reject"]
    await channel.close()


async def read_to_the_end(call: grpc.aio.StreamStreamCall) -> list[str | None]:  # type: ignore[type-arg]
    """The kinds of response, and at last the status if it is an error."""
    kinds: list[str | None] = []
    try:
        while (response := await call.read()) is not grpc.aio.EOF:
            kinds.append(response.WhichOneof("response"))
    except grpc.aio.AioRpcError as error:
        kinds.append(error.code().name)
    return kinds


async def test_a_bug_of_ours_ends_the_stream_instead_of_hanging_it(channel: grpc.aio.Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(Session, "_update", bug)
    call = await opened(channel, m.SessionUpdate(catalogue="x"))
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await call.read()
    assert failure.value.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in (failure.value.details() or "")


async def test_a_segment_whose_audio_stops_coming_is_starved_and_the_next_one_too(catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "TICK_S", 0.01)
    config = Config(port=0, metrics_port=0, workers=1, catalogues=(catalogue,), starved_s=0.05)
    async with running_server(config, STUB) as server, grpc.aio.insecure_channel(server.address) as channel:
        call = await opened(channel)
        for number in (1, 2):
            await call.write(codec.encode_request(m.SegmentStart(number)))
            answers = [codec.decode_response(await call.read()) for _ in range(2)]
            assert isinstance(answers[1], m.Reject)
            assert answers[1].reason is m.RejectReason.STARVED
        await call.done_writing()
        assert await read_to_the_end(call) == []
