"""The server over real gRPC: what a client sees, code by code."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import google_crc32c
import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status.rpc_status import GRPC_DETAILS_METADATA_KEY

from benchmarks.scrape import scrape, total
from cloud_server.app import RunningServer, running_server
from cloud_server.config import Config
from cloud_server.telemetry.queue_metrics import EARLY
from protos import codec
from protos import messages as m
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc
from tests import fakes
from tests.cloud_server.conftest import STUB

STREAM = "/harken.v1.SpeechSearch/StreamingRecognize"


async def converse(channel: grpc.aio.Channel, *requests: m.Request) -> list[m.Response]:
    """Everything the server answers to these requests and a half-close."""

    async def send() -> AsyncIterator[pb.StreamingRecognizeRequest]:
        for request in requests:
            yield codec.encode_request(request)

    call = pb_grpc.SpeechSearchStub(channel).StreamingRecognize(send())
    return [codec.decode_response(response) async for response in call]


class Conversation:
    """A session one says something to, hears something of, and says more."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._call = pb_grpc.SpeechSearchStub(channel).StreamingRecognize()

    async def say(self, *requests: m.Request) -> None:
        for request in requests:
            await self._call.write(codec.encode_request(request))

    async def hear(self) -> m.Response:
        return codec.decode_response(await self._call.read())

    async def half_close(self) -> None:
        await self._call.done_writing()

    async def rest(self) -> AsyncIterator[m.Response]:
        """Everything until the server ends the session, after a half-close."""
        await self.half_close()
        async for response in self.responses():
            yield response

    async def responses(self) -> AsyncIterator[m.Response]:
        """Everything until the server ends the session."""
        while (message := await self._call.read()) is not grpc.aio.EOF:
            yield codec.decode_response(message)


async def counted(server: RunningServer, name: str, **labels: str) -> float:
    return total(await asyncio.to_thread(scrape, server.metrics_address), name, **labels)


async def test_a_stream_gets_transcripts_hits_and_one_outcome_each(channel: grpc.aio.Channel) -> None:
    segments = [replace(fakes.speech(4000, number), segment_id=number, start_sample=number * 10000) for number in (1, 2)]
    silence = m.Segment(3, 0, bytes(8000))
    requests = [request for segment in (*segments, silence) for request in fakes.requests_of(segment)]
    opening, *responses = await converse(channel, m.StreamingConfig(max_alternatives=1, enable_word_time_offsets=True), *requests)
    assert isinstance(opening, m.Session)
    assert opening.model is not None
    assert opening.model.model_id == "stub"
    assert opening.limits is not None
    answers = [response for response in responses if not isinstance(response, m.SegmentAccepted)]
    assert [(type(answer).__name__, answer.segment_id) for answer in answers] == [  # type: ignore[union-attr]
        ("Result", 1), ("SearchResults", 1), ("Result", 2), ("SearchResults", 2), ("Result", 3),
    ]  # fmt: skip
    first, third = answers[0], answers[4]
    assert isinstance(first, m.Result)
    assert isinstance(third, m.Result)
    assert first.alternatives[0].transcript == fakes.transcript_of(segments[0].pcm)
    assert first.alternatives[0].words[0].start_offset == 10000
    assert (first.capture_start, first.capture_end, first.is_final, first.model_version) == (10000, 14000, True, "stub@1")
    assert {timing.stage for timing in first.stage_timings} == {"queue", "infer", "total", "search"}
    assert third.final_reason is m.FinalReason.NO_SPEECH


async def test_what_was_recognised_in_the_last_pause_is_the_final_result(server: RunningServer, channel: grpc.aio.Channel) -> None:
    """And in any other pause it is nothing: the same answer, from more audio."""
    whole = fakes.speech(8000)
    start, *chunks, end = fakes.requests_of(whole, chunk_bytes=8000)
    early, late = (m.SegmentPause(1, len(pcm) // 2, google_crc32c.value(pcm)) for pcm in (whole.pcm[:8000], whole.pcm))
    answers, begun = [], 0
    for before, after in (([start, *chunks], [end]), ([start, chunks[0], early], [chunks[1], end]), ([start, *chunks, late], [end])):
        talk = Conversation(channel)
        await talk.say(m.StreamingConfig(), *before)
        begun += any(isinstance(request, m.SegmentPause) for request in before)
        while await counted(server, "asr_early_results_total", outcome="begun") < begun:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0)
        await talk.say(*after)
        answers.append([replace(r, stage_timings=()) async for r in talk.rest() if isinstance(r, m.Result)])
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0].alternatives[0].transcript == fakes.transcript_of(whole.pcm)
    assert [await counted(server, "asr_early_results_total", outcome=outcome) for outcome in EARLY] == [2, 1, 0]
    assert await counted(server, "asr_quality_finals_total") == 3, "each segment once, in a pause or at its end"


async def test_a_pause_of_a_segment_that_is_cancelled_costs_nothing(server: RunningServer, channel: grpc.aio.Channel) -> None:
    speech = fakes.speech(4000)
    *spoken, _ = fakes.requests_of(speech, chunk_bytes=8000)
    talk = Conversation(channel)
    pause = m.SegmentPause(1, 4000, google_crc32c.value(speech.pcm))
    await talk.say(m.StreamingConfig(), *spoken, pause, m.CancelSegment(1), *fakes.requests_of(replace(speech, segment_id=2)))
    answers = [response async for response in talk.rest() if isinstance(response, m.Result | m.Reject)]
    assert [(type(answer), answer.segment_id) for answer in answers] == [(m.Reject, 1), (m.Result, 2)]


async def test_interim_results_come_while_the_segment_is_spoken_and_change_nothing_else(channel: grpc.aio.Channel) -> None:
    """Word times and alternatives asked for or not, the final result is the same but for what was asked for."""
    start, *chunks, end = fakes.requests_of(fakes.speech(20_000), chunk_bytes=8000)
    for words in (False, True):
        plain, interims = [], []
        for interim_results in (False, True):
            config = m.StreamingConfig(interim_results=interim_results, enable_word_time_offsets=words, max_alternatives=2)
            talk = Conversation(channel)
            await talk.say(config, start, *chunks)
            while interim_results and len(interims) < 1:
                response = await talk.hear()
                interims += [response] if isinstance(response, m.Result) else []
            await talk.say(end)
            rest = [response async for response in talk.rest()]
            interims += [response for response in rest if isinstance(response, m.Result) and not response.is_final]
            plain.append([replace(r, stage_timings=()) for r in rest if isinstance(r, m.Result) and r.is_final])
        assert plain[0] == plain[1]
        assert len(plain[0]) == 1
        for interim in interims:
            assert interim.alternatives[0].transcript.startswith("part1")
            assert bool(interim.alternatives[0].words) is words
            assert 0 <= interim.stability < 1
            assert interim.complete is False, "the catalogue has no such title"


async def test_what_is_found_so_far_comes_with_interim_results(tmp_path: Path) -> None:
    (tmp_path / "parts.jsonl").write_text('{"id": "7", "title": "Part1 part2"}\n{"id": "8", "title": "Something else"}\n')
    start, *chunks, end = fakes.requests_of(fakes.speech(20_000), chunk_bytes=8000)
    config = Config(port=0, metrics_port=0, workers=1, catalogues=(tmp_path / "parts.jsonl",))
    async with running_server(config, STUB) as server, grpc.aio.insecure_channel(server.address) as channel:
        talk, interims = Conversation(channel), list[m.Result]()
        await talk.say(m.StreamingConfig(interim_results=True), start, *chunks)
        while not interims or not interims[-1].hits:
            response = await talk.hear()
            interims += [response] if isinstance(response, m.Result) else []
        assert [hit.id for hit in interims[-1].hits] == ["7"]
        await talk.say(end)
        finals = [response async for response in talk.rest() if isinstance(response, m.Result) and response.is_final]
    assert [final.hits for final in finals] == [()], "those of the final result come as SearchResults"


async def test_a_failing_segment_is_rejected_in_band_without_a_word_of_ours(channel: grpc.aio.Channel) -> None:
    bad = fakes.speech(4000, fakes.RAISE)
    good = replace(fakes.speech(4000), segment_id=2)
    responses = await converse(channel, m.StreamingConfig(), *fakes.requests_of(bad), *fakes.requests_of(good))
    (reject,) = [response for response in responses if isinstance(response, m.Reject)]
    assert reject.reason is m.RejectReason.INTERNAL
    assert "secret" not in reject.message
    assert any(isinstance(response, m.Result) and response.segment_id == 2 for response in responses)


async def status_of(channel: grpc.aio.Channel, *requests: m.Request) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await converse(channel, *requests)
    return failure.value


@pytest.mark.parametrize(
    ("requests", "code", "words"),
    [
        ([m.SegmentStart(1)], grpc.StatusCode.FAILED_PRECONDITION, "first message must be streaming_config"),
        ([m.StreamingConfig(sample_rate_hertz=8000)], grpc.StatusCode.INVALID_ARGUMENT, "sample_rate_hertz is 8000"),
        ([m.StreamingConfig(catalogue="songs")], grpc.StatusCode.NOT_FOUND, "'songs'"),
        ([m.StreamingConfig(), m.SegmentStart(1), m.SegmentStart(1)], grpc.StatusCode.FAILED_PRECONDITION, "count up from 1"),
    ],
)
async def test_what_breaks_a_session_ends_it_with_a_status(
    channel: grpc.aio.Channel, requests: list[m.Request], code: grpc.StatusCode, words: str
) -> None:
    error = await status_of(channel, *requests)
    assert error.code() is code
    assert words in (error.details() or "")


async def test_a_status_carries_its_reason_for_machines(channel: grpc.aio.Channel) -> None:
    error = await status_of(channel, m.StreamingConfig(catalogue="songs"))
    wire = dict(error.trailing_metadata())[GRPC_DETAILS_METADATA_KEY]
    assert isinstance(wire, bytes)
    assert error_details_pb2.ErrorInfo(reason="NOT_FOUND", domain="harken").SerializeToString() in wire


async def test_a_client_that_says_nothing_is_sent_away(channel: grpc.aio.Channel) -> None:
    call = pb_grpc.SpeechSearchStub(channel).StreamingRecognize()
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await call.read()
    assert failure.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_bytes_that_are_no_message_are_an_invalid_argument_and_never_unknown(channel: grpc.aio.Channel) -> None:
    unary = channel.unary_unary("/harken.v1.SpeechSearch/Search")
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await unary(b"\xff\xff\xff")
    assert failure.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    watch = channel.unary_stream("/grpc.health.v1.Health/Watch")(b"\xff\xff\xff")
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await watch.read()
    assert failure.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    stream = channel.stream_stream(STREAM)(iter([b"\xff\xff\xff"]))
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await stream.read()
    assert failure.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_one_recording_in_one_message(channel: grpc.aio.Channel) -> None:
    stub = pb_grpc.SpeechSearchStub(channel)
    pcm = fakes.speech(4000).pcm
    response = await stub.Recognize(pb.RecognizeRequest(audio=pcm))
    assert response.result.alternatives[0].transcript == fakes.transcript_of(pcm)
    assert response.HasField("search_results")
    for audio, code in ((b"abc", grpc.StatusCode.INVALID_ARGUMENT), (bytes(2 * 16000 * 31), grpc.StatusCode.OUT_OF_RANGE)):
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await stub.Recognize(pb.RecognizeRequest(audio=audio))
        assert failure.value.code() is code


async def test_text_and_n_best_lists_can_be_searched(channel: grpc.aio.Channel) -> None:
    stub = pb_grpc.SpeechSearchStub(channel)
    by_text = await stub.Search(pb.SearchRequest(query="show me a banana bread"))
    assert by_text.search_results.hits[0].id == "bread"
    by_list = await stub.Search(pb.SearchRequest(alternatives=[pb.Alternative(transcript="aple pie", confidence=0.6)], max_hits=1))
    assert [hit.id for hit in by_list.search_results.hits] == ["pie"]
    for bad in (pb.SearchRequest(), pb.SearchRequest(query="x" * 501), pb.SearchRequest(query="x", max_hits=99)):
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await stub.Search(bad)
        assert failure.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    "bad",
    [
        pb.SubmitFeedbackRequest(session_id="s", segment_id=1),
        pb.SubmitFeedbackRequest(segment_id=1, gave_up=pb.GaveUp()),
        pb.SubmitFeedbackRequest(session_id="s", gave_up=pb.GaveUp()),
        pb.SubmitFeedbackRequest(session_id="s", segment_id=1, clicked=pb.ClickedHit(hit_id="a", position=-1)),
        pb.SubmitFeedbackRequest(session_id="s", segment_id=1, corrected=pb.CorrectedText(transcript="x" * 501)),
        pb.SubmitFeedbackRequest(session_id="s", segment_id=2, asked_again=pb.AskedAgain(next_segment_id=2)),
    ],
)
async def test_feedback_that_makes_no_sense_is_refused(channel: grpc.aio.Channel, bad: pb.SubmitFeedbackRequest) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await pb_grpc.SpeechSearchStub(channel).SubmitFeedback(bad)
    assert failure.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_feedback_is_taken_and_not_kept(channel: grpc.aio.Channel) -> None:
    feedback = pb.SubmitFeedbackRequest(session_id="s", segment_id=1, clicked=pb.ClickedHit(hit_id="pie", position=0))
    assert not (await pb_grpc.SpeechSearchStub(channel).SubmitFeedback(feedback)).kept


async def test_a_server_says_what_it_is(channel: grpc.aio.Channel) -> None:
    info = codec.decode(m.GetServerInfoResponse, await pb_grpc.SpeechSearchStub(channel).GetServerInfo(pb.GetServerInfoRequest()))
    assert info.ready
    assert info.models[0].stage is m.RolloutStage.LIVE
    assert [(catalogue.name, catalogue.documents) for catalogue in info.catalogues] == [("small", 4)]
    assert info.limits is not None
    assert info.limits.max_segment == 30.0


async def test_model_administration_is_not_there_yet(channel: grpc.aio.Channel) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await pb_grpc.ModelAdminStub(channel).ListModels(pb.ListModelsRequest())
    assert failure.value.code() is grpc.StatusCode.UNIMPLEMENTED
