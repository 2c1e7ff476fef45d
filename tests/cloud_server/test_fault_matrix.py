"""Hostile and broken input, row by row of the fault matrix: the exact reason or status, each metric that moves, and nobody else harmed.

I1 to I10 are input, X1 to X12 security; a row that another test module holds is named in ELSEWHERE, and a test sees to it that no row is missing.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import grpc
import pytest
import pytest_asyncio
from google.rpc import error_details_pb2, status_pb2

from cloud_server.app import RunningServer, running_server
from cloud_server.config import Config
from protos import codec
from protos import messages as m
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc
from protos.messages import RejectReason as R
from tests import fakes
from tests.cloud_server.conftest import ROWS, STUB
from tests.cloud_server.test_app import scrape
from tests.cloud_server.test_service import STREAM, Conversation

pytestmark = pytest.mark.asyncio(loop_scope="module")

ELSEWHERE = {
    "I2": ("cloud_server/test_stream_age.py", "test_an_old_stream_is_sent_on_and_its_session_goes_on"),
    "I6": ("models/hostile/test_recognizer.py", "test_a_constant_is_no_speech"),
    "I7": ("edge_client/test_microphone.py", "test_a_microphone_that_is_pulled_out_gives_what_it_heard_and_says_so"),
    "I10": ("edge_client/test_spool.py", "test_kill_9_in_mid_segment_loses_no_record"),
    "X1": ("cloud_server/security/test_authentication.py", "test_no_bad_token_opens_any_method_and_all_are_told_the_same"),
    "X2": ("cloud_server/test_resume.py", "test_the_newest_connection_wins_and_the_old_one_is_aborted"),
    "X3": ("cloud_server/security/test_authentication.py", "test_a_key_taken_back_ends_its_session_but_not_what_was_said"),
    "X4": ("edge_client/test_handshake.py", "test_what_cannot_work_stops_at_once_with_what_to_do"),
    "X7": ("edge_client/test_render.py", "test_what_a_server_says_cannot_steer_a_terminal"),
    "X10": ("cloud_server/security/test_authentication.py", "test_quotas_are_counted_for_each_tenant_and_refused_in_band"),
    "X11": ("end_to_end/test_privacy.py", "test_nothing_that_was_said_stays_anywhere"),
    "X12": ("cloud_server/test_feedback.py", "test_without_consent_or_for_less_than_a_day_nothing_is_kept"),
}
NOT_THERE = {"X8": "no text goes to a language model that takes instructions", "X9": "there is no WebSocket"}
WATCHED = ("asr_server_segments_total", "asr_server_rejects_total", "asr_server_stream_ends_total", "asr_model_restarts_total")
CODE = grpc.StatusCode
SPEECH = fakes.speech(4000)
START, *CHUNKS, END = fakes.requests_of(SPEECH)
assert isinstance(START, m.SegmentStart)
assert isinstance(END, m.SegmentEnd)
CONFIG = m.StreamingConfig()
NOT_A_NUMBER = float("nan")


@dataclass(frozen=True)
class Row:
    id: str
    what: str
    requests: tuple[m.Request | bytes, ...]
    """After these, a half-close."""
    rejects: tuple[R, ...] = ()
    """In band, in order."""
    code: CODE = CODE.OK
    says: str = ""
    """Of the status, or else of the first reject."""
    finals: int = 0
    restarts: int = 0
    metadata: tuple[tuple[str, str], ...] = ()
    compression: grpc.Compression | None = None
    is_ours: bool = True
    """Whether it reaches our code; gRPC itself refuses the rest, and knows no correlation ids."""
    moved: dict[tuple[str, str], float] = field(default_factory=dict)
    """Where the counters do not follow from the rest."""

    def expected(self) -> dict[tuple[str, str], float]:
        if self.moved or not self.is_ours:
            return self.moved
        moved: dict[tuple[str, str], float] = {("asr_server_stream_ends_total", self.code.name): 1}
        if self.finals:
            moved["asr_server_segments_total", "ok"] = self.finals
        if self.restarts:
            moved["asr_model_restarts_total", ""] = self.restarts
        for reason in self.rejects:
            outcome = {R.INTERNAL: "server_error", R.CANCELLED: "cancelled"}.get(reason, "client_error")
            for name in (("asr_server_segments_total", outcome), ("asr_server_rejects_total", reason.name.lower())):
                moved[name] = moved.get(name, 0) + 1
        if self.code is not CODE.OK:
            reason_of = {CODE.FAILED_PRECONDITION: "protocol", CODE.INVALID_ARGUMENT: "invalid_request", CODE.NOT_FOUND: "not_found"}[self.code]
            moved["asr_server_rejects_total", reason_of] = moved.get(("asr_server_rejects_total", reason_of), 0) + 1
        return moved


def said(segment: m.Segment) -> tuple[m.Request, ...]:
    return (CONFIG, *fakes.requests_of(segment))


def broken(*rest: m.Request, start: m.SegmentStart = START) -> tuple[m.Request, ...]:
    return (CONFIG, start, *rest)


def wire(**of: object) -> bytes:
    return pb.StreamingRecognizeRequest(**of).SerializeToString()  # type: ignore[arg-type]


def rows() -> Iterator[Row]:
    for samples in (0, 1, 2, 399, 400, 401, 479, 480):
        yield Row("I1", f"{samples} samples", said(m.Segment(1, 0, bytes(2 * samples))), finals=1)

    big = replace(CHUNKS[0], data=bytes(2**20))  # type: ignore[type-var]
    yield Row("I3", "a message over the limit", broken(big), code=CODE.RESOURCE_EXHAUSTED, says="larger than max", is_ours=False)
    bomb = replace(CHUNKS[0], data=bytes(2**25))  # type: ignore[type-var]
    yield Row(
        "I3", "a gzip bomb", broken(bomb), code=CODE.RESOURCE_EXHAUSTED, says="larger than max", compression=grpc.Compression.Gzip, is_ours=False
    )
    chunk = replace(CHUNKS[0], data=bytes(m.MAX_CHUNK_BYTES + 2))  # type: ignore[type-var]
    yield Row("I3", "a chunk over the limit", broken(chunk), (R.TOO_LONG,), says="15002 bytes, at most 15000")
    long = fakes.requests_of(m.Segment(1, 0, bytes(2 * 31 * 16000)), chunk_bytes=15_000)
    yield Row("I3", "31 s of speech", (CONFIG, *long), (R.TOO_LONG,), says="at most 30 s")
    yield Row("I3", "a claim of a gigabyte", broken(*CHUNKS, replace(END, sample_count=2**29)), (R.PROTOCOL,), says="segment_end says 536870912")
    yield Row("I3", "more open segments than four", broken(*(m.SegmentStart(n) for n in range(2, 6))), (R.PROTOCOL,) * 5, says="ended before")

    for rate in (8000, 11_025, 22_050, 44_100, 48_000, 192_000, -1):
        config = m.StreamingConfig(sample_rate_hertz=rate)
        yield Row("I4", f"{rate} Hz", (config,), code=CODE.INVALID_ARGUMENT, says=f"sample_rate_hertz is {rate}, must be 16000")
    for encoding in ("FLAC", "OGG_OPUS"):
        config = m.StreamingConfig(encoding=m.AudioEncoding[encoding])
        yield Row("I4", encoding, (config,), code=CODE.INVALID_ARGUMENT, says=f"encoding is {encoding}, this server takes LINEAR16")
    unknown = wire(streaming_config=pb.StreamingConfig(encoding=99))  # type: ignore[arg-type]
    yield Row("I4", "an encoding nobody knows", (unknown,), code=CODE.INVALID_ARGUMENT, says="encoding is 99, this server takes LINEAR16")
    yield Row("I4", "half a sample", broken(m.AudioChunk(1, 0, 0, b"abc")), (R.INVALID_AUDIO,), says="3 bytes, not a multiple of 2")

    hinted = m.StreamingConfig(phrase_hints=(m.PhraseHint("pie", NOT_A_NUMBER),))
    yield Row("I5", "a boost that is no number", (hinted,), code=CODE.INVALID_ARGUMENT, says="boost nan")
    noisy = replace(START, snr_db=NOT_A_NUMBER)
    yield Row("I5", "an SNR that is no number", broken(*CHUNKS, END, start=noisy), finals=1)

    yield Row("I8", "no protobuf", (b"\xff\xff\xff",), code=CODE.INVALID_ARGUMENT, says="not the protobuf")
    yield Row("I8", "no protobuf in mid-segment", (CONFIG, START, b"\xff"), (R.INVALID_REQUEST,), CODE.INVALID_ARGUMENT, "not the protobuf")
    yield Row("I8", "an empty message", (b"",), code=CODE.FAILED_PRECONDITION, says="must set one of")
    newer = [codec.encode_request(r).SerializeToString() + b"\xfa\x7f\x03new" for r in (CONFIG, START, *CHUNKS, END)]
    yield Row("I8", "fields of a newer client", tuple(newer), finals=1)
    yield Row("I8", "audio before config", (CHUNKS[0],), code=CODE.FAILED_PRECONDITION, says="first message must be streaming_config, not AudioChunk")
    yield Row("I8", "two configs", broken(CONFIG), (R.PROTOCOL,), CODE.FAILED_PRECONDITION, "came twice")
    yield Row("I8", "audio of nothing", (CONFIG, CHUNKS[0]), code=CODE.FAILED_PRECONDITION, says="without its segment_start")
    yield Row("I8", "an end of nothing", (CONFIG, END), code=CODE.FAILED_PRECONDITION, says="without its segment_start")
    yield Row("I8", "a number again", broken(START), (R.PROTOCOL,), CODE.FAILED_PRECONDITION, "segment_id 1 came after 1")
    gap = replace(CHUNKS[0], seq=2000)  # type: ignore[type-var]
    yield Row("I8", "a gap in chunks", broken(gap), (R.PROTOCOL,), says="chunk 2000 came, chunk 0 was expected")
    yield Row("I8", "a chunk again", broken(CHUNKS[0], CHUNKS[0]), (R.PROTOCOL,), says="chunk 0 came, chunk 1 was expected")
    moved = replace(CHUNKS[0], capture_offset=16_000)  # type: ignore[type-var]
    yield Row("I8", "a chunk out of place", broken(moved), (R.PROTOCOL,), says="begins at sample 16000")
    yield Row("I8", "too few samples", broken(CHUNKS[0], END), (R.PROTOCOL,), says="segment_end says 4000")
    yield Row("I8", "no end", broken(*CHUNKS), (R.PROTOCOL,), says="ended before segment_end")
    yield Row("I8", "before the clock began", broken(start=replace(START, capture_start=-1)), (R.INVALID_REQUEST,), says="must not be negative")
    eternal = pb.SegmentStart(segment_id=1)
    eternal.capture_start.seconds = 2**62
    endless = (CONFIG, wire(segment_start=eternal))
    yield Row("I8", "a capture clock of a hundred milliard years", endless, (R.INVALID_REQUEST,), says="capture_start")
    yield Row("I8", "no time left", broken(start=replace(START, deadline=-1.0)), (R.INVALID_REQUEST,), says="deadline is -1 s, must be positive")

    yield Row("I9", "other bits than were sent", broken(*CHUNKS, replace(END, crc32c=END.crc32c ^ 1)), (R.CHECKSUM,), says="segment_end says")

    yield Row("S4", "what the model fails on", said(fakes.speech(4000, fakes.RAISE)), (R.INTERNAL,), says="recognition failed")
    yield Row("S4", "what kills the model", said(fakes.speech(4000, fakes.CRASH)), (R.INTERNAL,), says="ended abnormally 2 times", restarts=2)

    for kilobytes in (17, 100):
        metadata = (("x-big", "a" * kilobytes * 1024),)
        yield Row(
            "X5", f"{kilobytes} kB of metadata", (CONFIG,), (), CODE.RESOURCE_EXHAUSTED, "metadata size exceeds", metadata=metadata, is_ours=False
        )
    many = tuple((f"x-{number}", "1") for number in range(10_000))
    yield Row("X5", "10,000 header fields", (CONFIG,), (), CODE.RESOURCE_EXHAUSTED, metadata=many, is_ours=False)

    for name in ("../etc/passwd", "a/../b", "small/", " ..", "..%2f", "small\0", "\\\\host\\share", "․․/small", "/etc/passwd", "SMALL"):
        yield Row("X6", f"the catalogue {name!r}", (m.StreamingConfig(catalogue=name),), code=CODE.NOT_FOUND, says="no catalogue is called")
    yield Row("X6", "a name without end", (m.StreamingConfig(catalogue="a" * 201),), code=CODE.INVALID_ARGUMENT, says="201 characters, at most 200")
    yield Row("X6", "a strange resume token", (m.StreamingConfig(resume_token="../session"), *said(SPEECH)[1:]), finals=1)


class Bystander:
    """Somebody whose stream is open all the while, and who wants an answer after every fault."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._talk, self._ids = Conversation(channel), count(1)

    async def begin(self) -> None:
        await self._talk.say(CONFIG)
        assert isinstance(await self._talk.hear(), m.Session)

    async def is_answered(self) -> None:
        segment = replace(SPEECH, segment_id=next(self._ids))
        await self._talk.say(*fakes.requests_of(segment))
        accepted, result, hits = [await self._talk.hear() for _ in range(3)]
        assert accepted == m.SegmentAccepted(segment.segment_id)
        assert isinstance(result, m.Result)
        assert result.alternatives[0].transcript == fakes.transcript_of(SPEECH.pcm)
        assert isinstance(hits, m.SearchResults)


@dataclass
class Site:
    server: RunningServer
    channel: grpc.aio.Channel
    bystander: Bystander

    async def counters(self) -> dict[tuple[str, str], float]:
        """Once only the bystander's stream is open."""
        while (samples := await scrape(self.server))["asr_server_streams", ("grpc",)] != 1:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.01)
        return {(name, labels[0] if labels else ""): 0.0 for name, labels in samples if name in WATCHED} | {
            (name, labels[0] if labels else ""): value for (name, labels), value in samples.items() if name in WATCHED and "catchup" not in labels
        }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    catalogue = tmp_path_factory.mktemp("catalogue") / "small.jsonl"
    catalogue.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    async with (
        running_server(Config(port=0, metrics_port=0, workers=1, catalogues=(catalogue,)), STUB) as server,
        grpc.aio.insecure_channel(server.address) as channel,
        grpc.aio.insecure_channel(server.address, options=[("grpc.use_local_subchannel_pool", 1)]) as other,
    ):
        bystander = Bystander(other)
        await bystander.begin()
        yield Site(server, channel, bystander)


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: f"{row.id} {row.what}")
async def test_each_row_has_its_exact_answer_and_harms_nobody_else(site: Site, row: Row) -> None:
    before = await site.counters()
    requests = [r if isinstance(r, bytes) else codec.encode_request(r).SerializeToString() for r in row.requests]
    call = site.channel.stream_stream(STREAM, response_deserializer=pb.StreamingRecognizeResponse.FromString)(
        iter(requests), metadata=row.metadata, compression=row.compression
    )
    responses, error = [], None
    try:
        responses = [codec.decode_response(response) async for response in call]
    except grpc.aio.AioRpcError as failure:
        error = failure
    after = await site.counters()
    rejects = [response for response in responses if isinstance(response, m.Reject)]
    words = (error.details() or "") if error is not None else "".join(reject.message for reject in rejects[:1])
    assert (await call.code(), row.says in words) == (row.code, True), words
    if error is None:
        assert tuple(reject.reason for reject in rejects) == row.rejects
        assert sum(isinstance(response, m.Result) for response in responses) == row.finals
    assert "secret" not in words
    assert all(re.fullmatch("[0-9a-f]{12}", reject.correlation_id) for reject in rejects)
    if error is not None and row.is_ours:
        assert request_id_of(error)
    changed = {name: value - before.get(name, 0.0) for name, value in after.items() if value != before.get(name, 0.0)}
    if row.is_ours:
        assert changed == row.expected()
    else:
        assert changed["asr_server_stream_ends_total", "CANCELLED"] == 1
        assert not {("asr_server_segments_total", "server_error"), ("asr_server_rejects_total", "internal")} & set(changed)
    await site.bystander.is_answered()


def request_id_of(error: grpc.aio.AioRpcError) -> str:
    details = status_pb2.Status.FromString(dict(error.trailing_metadata())["grpc-status-details-bin"])  # type: ignore[arg-type]
    (found,) = [detail for detail in details.details if detail.Is(error_details_pb2.RequestInfo.DESCRIPTOR)]
    info = error_details_pb2.RequestInfo()
    found.Unpack(info)
    return info.request_id


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (pb.RecognizeRequest(audio=b"abc"), CODE.INVALID_ARGUMENT),
        (pb.RecognizeRequest(audio=bytes(2 * 31 * 16000)), CODE.OUT_OF_RANGE),
        (pb.RecognizeRequest(audio=bytes(2**20)), CODE.RESOURCE_EXHAUSTED),
        (pb.RecognizeRequest(config=pb.StreamingConfig(encoding=99)), CODE.INVALID_ARGUMENT),  # type: ignore[arg-type]
        (pb.SearchRequest(query="pie", catalogue="../etc/passwd"), CODE.NOT_FOUND),
        (pb.SearchRequest(alternatives=[pb.Alternative(transcript="pie", confidence=NOT_A_NUMBER)]), CODE.INVALID_ARGUMENT),
        (pb.SearchRequest(alternatives=[pb.Alternative(transcript="pie", log_prob=float("inf"))]), CODE.INVALID_ARGUMENT),
        (pb.LoadModelRequest(model_id="../../etc"), CODE.UNIMPLEMENTED),
    ],
    ids=str,
)
async def test_unary_calls_are_held_to_the_same_rules(site: Site, request_: pb.RecognizeRequest, code: grpc.StatusCode) -> None:
    method = type(request_).__name__.removesuffix("Request")
    stub = pb_grpc.ModelAdminStub if method == "LoadModel" else pb_grpc.SpeechSearchStub
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await getattr(stub(site.channel), method)(request_)
    assert failure.value.code() is code
    if code not in (CODE.RESOURCE_EXHAUSTED, CODE.UNIMPLEMENTED):
        assert request_id_of(failure.value)
    await site.bystander.is_answered()


async def test_an_update_to_a_strange_name_is_refused_and_the_session_goes_on(site: Site) -> None:
    talk = Conversation(site.channel)
    await talk.say(CONFIG, m.SessionUpdate(catalogue="../etc/passwd"))
    kinds = [type(response) async for response in talk.rest()]
    assert kinds == [m.Session, m.Notice]


async def test_every_row_of_the_matrix_has_its_test() -> None:
    here = {row.id for row in rows()}
    names = {f"I{number}" for number in range(1, 11)} | {f"X{number}" for number in range(1, 13)}
    assert names <= here | set(ELSEWHERE) | set(NOT_THERE)
    for name, (module, function) in ELSEWHERE.items():
        assert f"def {function}(" in (Path(__file__).parents[1] / module).read_text(), name
