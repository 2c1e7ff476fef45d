"""Two servers on one Redis over real gRPC: what one answered the other answers, and of two connections the newest has the session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import grpc
import pytest

from benchmarks.redis_server import RedisServer
from cloud_server.app import RunningServer, running_server
from cloud_server.config import Config
from protos import codec
from protos import messages as m
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc
from tests import fakes
from tests.cloud_server.conftest import STUB, catalogue  # noqa: F401 - a fixture
from tests.cloud_server.shared.conftest import patient
from tests.cloud_server.test_app import scrape
from tests.cloud_server.test_resume import answers, opening
from tests.cloud_server.test_service import converse
from tests.edge_client.conftest import until

SPOKEN = fakes.speech(4000)


@pytest.fixture
async def replicas(catalogue: Path, redis_server: RedisServer) -> AsyncIterator[tuple[RunningServer, RunningServer]]:  # noqa: F811
    config = Config(port=0, metrics_port=0, workers=1, catalogues=(catalogue,), redis=patient(redis_server, check_every_s=0.05))
    async with AsyncExitStack() as stack:
        here, there = [await stack.enter_async_context(running_server(config, STUB)) for _ in range(2)]
        yield here, there


async def talk(server: RunningServer, *requests: m.Request) -> list[m.Response]:
    async with grpc.aio.insecure_channel(server.address) as channel:
        return await converse(channel, *requests)


async def test_what_one_server_answered_the_other_answers_without_recognition(
    replicas: tuple[RunningServer, RunningServer], redis_server: RedisServer
) -> None:
    here, there = replicas
    silence = m.Segment(2, 10_000, bytes(8000))
    first = await talk(here, m.StreamingConfig(), *fakes.requests_of(SPOKEN), *fakes.requests_of(silence))
    await until(lambda: len(redis_server.values()) == 3)  # a claim and two answers
    token = opening(first).resume_token
    second = await talk(there, m.StreamingConfig(resume_token=token), *fakes.requests_of(SPOKEN), *fakes.requests_of(silence))
    assert opening(second).resumed
    assert opening(second).session_id == opening(first).session_id
    assert answers(second) == answers(first)  # stage timings and all: nothing was done again
    assert (await scrape(there))["asr_cache_requests_total", ("read", "hit")] == 3
    # And what is new is recognised there.
    third = await talk(there, m.StreamingConfig(resume_token=token), *fakes.requests_of(fakes.speech(6000, segment_id=3)))
    assert isinstance(answers(third)[0], m.Result)


async def test_the_newest_connection_wins_at_another_server_too(replicas: tuple[RunningServer, RunningServer]) -> None:
    here, there = replicas

    async def stay() -> AsyncIterator[pb.StreamingRecognizeRequest]:
        yield codec.encode_request(m.StreamingConfig())
        await asyncio.Event().wait()

    async with grpc.aio.insecure_channel(here.address) as channel:
        old = pb_grpc.SpeechSearchStub(channel).StreamingRecognize(stay())
        session = codec.decode_response(await anext(aiter(old)))
        assert isinstance(session, m.Session)
        resumed = False
        while not resumed:  # until the claim is written
            new = await talk(there, m.StreamingConfig(resume_token=session.resume_token), *fakes.requests_of(SPOKEN))
            resumed = opening(new).resumed
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await anext(aiter(old))
    assert ended.value.code() is grpc.StatusCode.ABORTED
    assert "at another server" in (ended.value.details() or "")


async def test_nothing_that_was_said_can_be_read_in_redis(replicas: tuple[RunningServer, RunningServer], redis_server: RedisServer) -> None:
    said = await talk(replicas[0], m.StreamingConfig(), *fakes.requests_of(SPOKEN))
    await until(lambda: len(redis_server.values()) == 2)
    session = opening(said)
    marks = [fakes.transcript_of(SPOKEN.pcm), session.resume_token, session.session_id, "local", "heard"]
    for name, value in redis_server.values().items():
        assert not any(mark.encode() in name + value for mark in marks)
        assert 0 < redis_server.ask("TTL", name) <= 660


async def test_a_server_without_redis_keeps_everything_to_itself(catalogue: Path) -> None:  # noqa: F811
    async with running_server(Config(port=0, metrics_port=0, workers=1, catalogues=(catalogue,)), STUB) as server:
        token = opening(await talk(server, m.StreamingConfig(), *fakes.requests_of(SPOKEN))).resume_token
        assert opening(await talk(server, m.StreamingConfig(resume_token=token), *fakes.requests_of(SPOKEN))).resumed
        counted = {key: value for key, value in (await scrape(server)).items() if key[0].startswith("asr_cache") and not key[0].endswith("_created")}
    assert counted
    assert not any(counted.values())
