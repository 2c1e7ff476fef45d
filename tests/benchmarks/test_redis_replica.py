"""A server that is killed without a word leaves its answers and sessions to the next one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import grpc
import soundfile

from benchmarks.faults.proxy import running_proxy
from benchmarks.faults.stub import transcript_of
from benchmarks.redis_replica import running_replicas
from benchmarks.redis_server import RedisServer
from edge_client.app import EdgeSession
from edge_client.config import Config, TransportConfig
from edge_client.sources import AudioFile
from protos import messages as m
from tests import fakes
from tests.cloud_server.shared.conftest import PATIENT_S, redis_server
from tests.cloud_server.test_resume import answers, opening
from tests.cloud_server.test_service import converse
from tests.edge_client.conftest import two_queries, until

__all__ = ["redis_server", "two_queries"]


async def test_a_repeat_is_answered_after_the_server_that_answered_it_was_killed(redis_server: RedisServer) -> None:
    segment = fakes.speech(4000)
    with running_replicas(redis_server.port, 2, PATIENT_S) as (first, second):
        async with grpc.aio.insecure_channel(first.address) as channel:
            before = await converse(channel, m.StreamingConfig(), *fakes.requests_of(segment))
        await until(lambda: len(redis_server.values()) == 2)  # its claim and its answer
        first.kill()
        async with grpc.aio.insecure_channel(second.address) as channel:
            after = await converse(channel, m.StreamingConfig(resume_token=opening(before).resume_token), *fakes.requests_of(segment))
    assert opening(after).resumed
    assert opening(after).session_id == opening(before).session_id
    assert [getattr(answer, "alternatives", None) for answer in answers(after)] == [
        getattr(answer, "alternatives", None) for answer in answers(before)
    ]


async def test_an_edge_goes_from_a_killed_server_to_the_next_and_loses_and_doubles_nothing(
    redis_server: RedisServer,
    two_queries: Path,
) -> None:
    pcm = soundfile.read(two_queries, dtype="int16")[0]
    with running_replicas(redis_server.port, 2, PATIENT_S) as (first, second):
        async with running_proxy(first.address) as proxy:
            session = EdgeSession(AudioFile(two_queries), Config(transport=replace(TransportConfig(proxy.address), attempt_timeout_s=5.0)))
            outcomes = []
            async for outcome in session.outcomes():
                outcomes.append(outcome)
                if len(outcomes) == 1:
                    first.kill()
                    proxy.point_at(second.address)
                    proxy.cut()
    assert [outcome.segment_id for outcome in outcomes] == [1, 2]
    for outcome in outcomes:
        assert isinstance(outcome.answer, m.Result)
        assert outcome.answer.alternatives[0].transcript == transcript_of(pcm[outcome.start_sample : outcome.end_sample].tobytes())
