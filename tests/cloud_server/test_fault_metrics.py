"""Each fault moves the metrics that are named for it, by exactly so much, and none of those that are named for another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import grpc
import pytest

from benchmarks.scrape import Sample, scrape
from cloud_server.app import RunningServer
from cloud_server.search.engine import SearchEngine
from protos import messages as m
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc
from tests import fakes
from tests.cloud_server.test_service import converse

Fault = Callable[[grpc.aio.Channel], Awaitable[object]]
SPOKEN = fakes.requests_of(fakes.speech(4000))


async def say(channel: grpc.aio.Channel, *requests: m.Request) -> None:
    """What comes of it, a refusal of the whole stream included, is in the metrics."""
    with suppress(grpc.aio.AioRpcError):
        await converse(channel, m.StreamingConfig(), *requests)


def heard_as(first: int) -> Fault:
    return lambda channel: say(channel, *fakes.requests_of(fakes.speech(4000, first)))


async def wrong_checksum(channel: grpc.aio.Channel) -> None:
    *start, end = SPOKEN
    assert isinstance(end, m.SegmentEnd)
    await say(channel, *start, replace(end, crc32c=end.crc32c ^ 1))


async def half_a_sample(channel: grpc.aio.Channel) -> None:
    start, chunk, *rest = SPOKEN
    assert isinstance(chunk, m.AudioChunk)
    await say(channel, start, replace(chunk, data=chunk.data[:-1]), *rest)


async def two_configs(channel: grpc.aio.Channel) -> None:
    await say(channel, m.StreamingConfig())


async def nothing_at_all(channel: grpc.aio.Channel) -> None:
    """The stream is opened, and no message comes for longer than it may."""
    call = pb_grpc.SpeechSearchStub(channel).StreamingRecognize()
    with suppress(grpc.aio.AioRpcError):
        await call.read()


async def too_much_audio(channel: grpc.aio.Channel) -> None:
    with suppress(grpc.aio.AioRpcError):
        await pb_grpc.SpeechSearchStub(channel).Recognize(pb.RecognizeRequest(audio=bytes(2 * 16_000 * 31)))


async def cancelled(channel: grpc.aio.Channel) -> None:
    await say(channel, SPOKEN[0], m.CancelSegment(1))


async def said_again(channel: grpc.aio.Channel) -> None:
    opening, *_ = await converse(channel, m.StreamingConfig(), *SPOKEN)
    assert isinstance(opening, m.Session)
    await converse(channel, m.StreamingConfig(resume_token=opening.resume_token), *SPOKEN)


async def no_such_catalogue(channel: grpc.aio.Channel) -> None:
    with suppress(grpc.aio.AioRpcError):
        await pb_grpc.SpeechSearchStub(channel).Search(pb.SearchRequest(query="soup", catalogue="nowhere"))


def sample(text: str) -> Sample:
    """`name` or `name label=value ...`, as a scrape has it."""
    name, *labels = text.split()
    return f"{name}_total", frozenset((label.split("=")[0], label.split("=")[1]) for label in labels)


def outcome(name: str) -> str:
    return f"asr_server_segments outcome={name} priority=live"


def rejected(reason: str) -> str:
    return f"asr_server_rejects reason={reason}"


def ended(code: str) -> str:
    return f"asr_server_stream_ends code={code}"


@dataclass(frozen=True)
class Row:
    fault: Fault
    moves: dict[str, int]


OK = {ended("OK"): 1}
ROWS = {
    "a worker dies of a segment, and another one too": Row(
        heard_as(fakes.CRASH),
        {"asr_model_restarts": 2, "asr_queue_poison": 1, outcome("server_error"): 1, rejected("internal"): 1, **OK},
    ),
    "the model's output is no number": Row(
        heard_as(fakes.NOT_FINITE), {"asr_model_nonfinite_outputs": 1, outcome("server_error"): 1, rejected("internal"): 1, **OK}
    ),
    "the recogniser has a bug": Row(heard_as(fakes.RAISE), {outcome("server_error"): 1, rejected("internal"): 1, **OK}),
    "a checksum is wrong": Row(wrong_checksum, {outcome("client_error"): 1, rejected("checksum"): 1, **OK}),
    "half a sample": Row(half_a_sample, {outcome("client_error"): 1, rejected("invalid_audio"): 1, **OK}),
    "two configs": Row(two_configs, {rejected("protocol"): 1, ended("FAILED_PRECONDITION"): 1}),
    "no first message": Row(nothing_at_all, {rejected("deadline"): 1, ended("DEADLINE_EXCEEDED"): 1}),
    "more audio than one call may bring": Row(too_much_audio, {rejected("too_long"): 1}),
    "taken back": Row(cancelled, {outcome("cancelled"): 1, rejected("cancelled"): 1, **OK}),
    "said again": Row(said_again, {"asr_server_duplicates": 1, outcome("ok"): 2, ended("OK"): 2, "asr_search_requests outcome=empty": 1}),
    "silence": Row(
        lambda channel: say(channel, *fakes.requests_of(m.Segment(1, 0, bytes(16_000)))),
        {"asr_quality_finals kind=no_speech": 1, outcome("ok"): 1, **OK},
    ),
    "no such catalogue": Row(no_such_catalogue, {rejected("not_found"): 1}),
}
BROKEN = {"asr_search_requests outcome=error": 1, outcome("ok"): 1, **OK}
WATCHED = {name for row in ROWS.values() for name in row.moves} | set(BROKEN)


async def moved(server: RunningServer, channel: grpc.aio.Channel, fault: Fault) -> dict[str, float]:
    before = await asyncio.to_thread(scrape, server.metrics_address)
    await fault(channel)
    after = await asyncio.to_thread(scrape, server.metrics_address)
    return {name: after[sample(name)] - before[sample(name)] for name in WATCHED if after[sample(name)] != before[sample(name)]}


@pytest.mark.parametrize("name", ROWS)
async def test_a_fault_moves_its_metrics_and_no_others(server: RunningServer, channel: grpc.aio.Channel, name: str) -> None:
    assert await moved(server, channel, ROWS[name].fault) == ROWS[name].moves


async def test_a_search_that_breaks_moves_its_own_and_costs_no_transcript(
    server: RunningServer, channel: grpc.aio.Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SearchEngine, "candidates", lambda *_: 1 // 0)
    assert await moved(server, channel, lambda channel: say(channel, *SPOKEN)) == BROKEN
