"""A tiny real gRPC server that answers what it was told to, and remembers every byte it got."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import soundfile

from protos import codec
from protos import messages as m
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc

Answer = Callable[[m.SegmentEnd], list[m.Response]]


def found(end: m.SegmentEnd) -> list[m.Response]:
    """A transcript that names the segment's length, and one hit."""
    word = m.Word("samples", 0, 16000, 0.5)
    hypothesis = m.Hypothesis(f"{end.sample_count} samples", 0.75, -1.0, (word,))
    result = m.Result(end.segment_id, m.FinalReason.RECOGNIZED, (hypothesis,), True, 0.0, "fake@1", (m.StageTiming("infer", 0.012),))
    return [result, m.SearchResults(end.segment_id, (m.SearchHit("pie", "Apple Pie", score=3.5),), m.SearchOutcome.FOUND, "v1", 0.001)]


@dataclass
class FakeServer(pb_grpc.SpeechSearchServicer):
    answer: Answer = found
    abort_after: int | None = None
    """Segments after which the stream breaks."""
    abort_code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE
    abort_details: str = "power cut"
    interims: int = 0
    """Interim results before each answer, if the client asks for them."""
    turns_away: bool = False
    """Refuse every session before it has said anything."""
    goes_away: bool = False
    """The first session ends with a GoAway once a segment is answered."""
    answers_may_go: asyncio.Semaphore | None = None
    """Each answer waits for one release."""
    address: str = ""
    requests: list[m.Request] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    """What each session brought along."""

    async def StreamingRecognize(  # noqa: N802
        self, request_iterator: AsyncIterator[pb.StreamingRecognizeRequest], context: Any
    ) -> AsyncIterator[pb.StreamingRecognizeResponse]:
        ended = wished = 0
        self.authorizations.append(dict(context.invocation_metadata()).get("authorization", ""))
        if self.turns_away:
            await context.abort(self.abort_code, self.abort_details)
        async for message in request_iterator:
            request = codec.decode_request(message)
            self.requests.append(request)
            if isinstance(request, m.StreamingConfig):
                wished = self.interims if request.interim_results else 0
                yield codec.encode_response(m.Session("id", "token"))
            if isinstance(request, m.SegmentEnd):
                ended += 1
                for number in range(wished):
                    heard = m.Hypothesis(f"{number} samples")
                    yield codec.encode_response(m.Result(request.segment_id, alternatives=(heard,), stable_words=number))
                if self.abort_after is not None and ended > self.abort_after:
                    await context.abort(self.abort_code, self.abort_details)
                if self.answers_may_go is not None:
                    await self.answers_may_go.acquire()
                for response in self.answer(request):
                    yield codec.encode_response(response)
                if self.goes_away and len(self.authorizations) == 1:
                    yield codec.encode_response(m.GoAway(0.0, "restart"))
                    return

    async def GetServerInfo(self, request: pb.GetServerInfoRequest, context: Any) -> pb.GetServerInfoResponse:  # noqa: N802
        info = m.GetServerInfoResponse("9.9", (m.ModelInfo("fake"),), (m.CatalogueInfo("pies", "v1", 7, True),), ready=True)
        encoded: pb.GetServerInfoResponse = codec.encode(info)
        return encoded

    def pcm(self, segment_id: int) -> bytes:
        return b"".join(request.data for request in self.requests if isinstance(request, m.AudioChunk) and request.segment_id == segment_id)


async def serve(fake: FakeServer, port: int = 0, credentials: grpc.ServerCredentials | None = None, host: str = "127.0.0.1") -> grpc.aio.Server:
    server = grpc.aio.server()
    pb_grpc.add_SpeechSearchServicer_to_server(fake, server)
    address = f"{host}:{port}"
    fake.address = f"{host}:{server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address)}"
    await server.start()
    return server


@pytest.fixture
async def fake_server() -> AsyncIterator[FakeServer]:
    fake = FakeServer()
    server = await serve(fake)
    yield fake
    await server.stop(0)


@pytest.fixture(scope="session")
def two_queries(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Silence, a spoken query, two seconds of silence, another one: 16 kHz WAV."""
    first, second = (soundfile.read(root / "tests/recordings" / name, dtype="int16")[0] for name in ("pumpkin-pie.flac", "pork-dumplings.flac"))
    silence = np.zeros(32_000, np.int16)
    path = tmp_path_factory.mktemp("audio") / "two.wav"
    soundfile.write(path, np.concatenate([silence, first, silence, second, silence]), 16_000)
    return path


async def until(condition: Callable[[], bool]) -> None:
    """Let other tasks run until it holds; pytest's own timeout is the limit."""
    while not condition():  # noqa: ASYNC110 - conditions here have no event to wait for
        await asyncio.sleep(0.001)
