"""A client that comes back over real gRPC: the same answers, no second recognition, and one owner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest

from protos import codec
from protos import messages as m
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc
from tests import fakes
from tests.cloud_server.test_service import converse


def answers(responses: list[m.Response]) -> list[m.Response]:
    return [response for response in responses if isinstance(response, m.Result | m.SearchResults | m.Reject)]


def opening(responses: list[m.Response]) -> m.Session:
    assert isinstance(responses[0], m.Session)
    return responses[0]


@pytest.mark.parametrize("segment", [fakes.speech(4000), m.Segment(1, 0, bytes(8000))], ids=["words", "silence"])
async def test_a_repeat_is_answered_with_the_stored_answer(channel: grpc.aio.Channel, segment: m.Segment) -> None:
    first = await converse(channel, m.StreamingConfig(), *fakes.requests_of(segment))
    token = opening(first).resume_token
    second = await converse(channel, m.StreamingConfig(resume_token=token), *fakes.requests_of(segment))
    assert opening(second).resumed
    assert opening(second).session_id == opening(first).session_id
    assert answers(second) == answers(first)  # stage timings and all: nothing was done again
    assert not any(isinstance(response, m.Notice) for response in second)


async def test_silence_behind_words_is_kept_although_it_waits_for_them(channel: grpc.aio.Channel) -> None:
    requests = [*fakes.requests_of(fakes.speech(4000)), *fakes.requests_of(m.Segment(2, 10_000, bytes(8000)))]
    first = await converse(channel, m.StreamingConfig(), *requests)
    second = await converse(channel, m.StreamingConfig(resume_token=opening(first).resume_token), *requests)
    assert answers(second) == answers(first)


async def test_another_session_and_other_audio_are_recognised_afresh(channel: grpc.aio.Channel) -> None:
    first = await converse(channel, m.StreamingConfig(), *fakes.requests_of(fakes.speech(4000)))
    stranger = await converse(channel, m.StreamingConfig(), *fakes.requests_of(fakes.speech(4000)))
    assert answers(stranger) != answers(first)
    other = fakes.speech(6000)
    changed = await converse(channel, m.StreamingConfig(resume_token=opening(first).resume_token), *fakes.requests_of(other))
    result = answers(changed)[0]
    assert isinstance(result, m.Result)
    assert result.alternatives[0].transcript == fakes.transcript_of(other.pcm)


async def test_an_unknown_token_begins_a_new_session(channel: grpc.aio.Channel) -> None:
    session = opening(await converse(channel, m.StreamingConfig(resume_token="guess")))
    assert not session.resumed
    assert session.resume_token not in ("", "guess")


async def test_the_newest_connection_wins_and_the_old_one_is_aborted(channel: grpc.aio.Channel) -> None:
    async def stay() -> AsyncIterator[pb.StreamingRecognizeRequest]:
        yield codec.encode_request(m.StreamingConfig())
        await asyncio.Event().wait()

    old = pb_grpc.SpeechSearchStub(channel).StreamingRecognize(stay())
    session = codec.decode_response(await anext(aiter(old)))
    assert isinstance(session, m.Session)
    new = await converse(channel, m.StreamingConfig(resume_token=session.resume_token), *fakes.requests_of(fakes.speech(4000)))
    assert opening(new).resumed
    with pytest.raises(grpc.aio.AioRpcError) as ended:
        await anext(aiter(old))
    assert ended.value.code() is grpc.StatusCode.ABORTED
