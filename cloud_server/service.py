"""The gRPC face: protobuf in, `stream` and `core` do the work, protobuf out. Errors leave as exceptions; `interceptor` turns them into statuses."""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeAlias

import grpc

from cloud_server.config import Config
from cloud_server.core import Core
from cloud_server.feedback import checked
from cloud_server.search.heard import Heard
from cloud_server.security.gate import Gate, OpenGate
from cloud_server.security.methods import check_scope
from cloud_server.security.principal import Principal, Scope
from cloud_server.security.session_pass import SessionPass
from cloud_server.status import code_of
from cloud_server.stream import Stream
from cloud_server.telemetry.tracing import HEADER
from protos import codec
from protos import messages as m
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc
from protos.errors import Draining, InvalidAudio, InvalidRequest, SpeechError, TooLong

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"  # generic in its stubs only
MAX_QUERY_LENGTH = 500
log = logging.getLogger(__name__)
# For the segments of a session whose token has expired or whose stream is old: their deadline without being told otherwise, and some.
ENDING_GRACE_S = 20.0


class SpeechSearchService(pb_grpc.SpeechSearchServicer):
    def __init__(self, core: Core, config: Config, version: str, gate: Gate | OpenGate) -> None:
        self._core = core
        self._config = config
        self._version = version
        self._gate = gate
        self._streams: set[Stream] = set()
        self.ready = False
        self.draining = False

    async def StreamingRecognize(  # noqa: N802 - gRPC's name
        self, request_iterator: AsyncIterator[pb.StreamingRecognizeRequest], context: Context
    ) -> AsyncIterator[pb.StreamingRecognizeResponse]:
        session_pass = SessionPass(self._gate, *self._gate.identify(context.invocation_metadata() or ()))
        tenant, admission, metrics = session_pass.tenant, self._core.admission, self._core.metrics
        admission.open_stream(tenant, time.monotonic())
        parent = traceparent_of(context)
        stream = Stream(self._core, self._config.starved_s, self._config.first_message_s, tenant=tenant, traceparent=parent)
        watching = [asyncio.create_task(_end_when_old(stream, self._config.max_stream_s))]
        if self._gate.requires_token:
            watching.append(asyncio.create_task(_end_with(session_pass, stream)))
        self._streams.add(stream)
        metrics.streams.labels("grpc").inc()
        metrics.streams_started.inc()
        code = "CANCELLED"
        try:
            # Closed before the counters below change: whoever reads them finds every segment of this stream counted.
            async with aclosing(stream.run(session_pass.guarded(_decoded(request_iterator)))) as responses:
                async for response in responses:
                    yield codec.encode_response(response)
            if session_pass.over is not None:
                raise session_pass.over
            code = "OK"
        except SpeechError as error:
            code = code_of(error).name
            raise
        finally:
            for watch in watching:
                watch.cancel()
            admission.close_stream(tenant, time.monotonic())
            self._streams.discard(stream)
            metrics.streams.labels("grpc").dec()
            metrics.stream_ends.labels(code).inc()

    async def Recognize(self, request: pb.RecognizeRequest, context: Context) -> pb.RecognizeResponse:  # noqa: N802
        principal = self._allowed_to_keep(context, request.config.data_use)
        config = self._core.offer.settle(codec.decode(m.StreamingConfig, _known(request.config)))
        if len(request.audio) % m.BYTES_PER_SAMPLE:
            raise InvalidAudio(f"audio has {len(request.audio)} bytes, not a multiple of {m.BYTES_PER_SAMPLE}")
        segment = m.Segment(1, 0, request.audio)
        if segment.sample_count > self._config.max_segment_s * m.SAMPLE_RATE_HZ:
            raise TooLong(f"audio has {segment.sample_count / m.SAMPLE_RATE_HZ:.2f} s, at most {self._config.max_segment_s:g} s are allowed")
        deadline_s = time.monotonic() + codec.duration_to_seconds(request.deadline) if request.HasField("deadline") else None
        stream_id, began_ns = secrets.token_hex(8), time.time_ns()
        try:
            result, heard = await self._core.recognize(
                stream_id, segment, m.Priority.LIVE, deadline_s, config.max_alternatives, config.phrase_hints, principal.tenant
            )
        except SpeechError as error:
            self._core.metrics.answered(m.Reject(1, error.reason), m.Priority.LIVE)
            raise
        response = pb.RecognizeResponse()
        if result.final_reason is m.FinalReason.RECOGNIZED:
            found = await self._core.search(1, heard, config.catalogue, config.max_hits)
            response.search_results.CopyFrom(codec.encode(found))
            result = replace(result, stage_timings=(*result.stage_timings, m.StageTiming("search", found.duration or 0.0)))
        exemplar = self._core.tracing.answered(traceparent_of(context), result, began_ns, time.time_ns())
        self._core.metrics.answered(result, m.Priority.LIVE, exemplar)
        response.result.CopyFrom(codec.encode(result))
        return response

    async def Search(self, request: pb.SearchRequest, context: Context) -> pb.SearchResponse:  # noqa: N802
        wish = self._core.offer.settle(m.StreamingConfig(catalogue=request.catalogue, max_hits=request.max_hits))
        if bool(request.query) == bool(request.alternatives):
            raise InvalidRequest("give either query or alternatives")
        alternatives = tuple(codec.decode(m.Hypothesis, alternative) for alternative in request.alternatives) or (m.Hypothesis(request.query, 1.0),)
        longest = max(len(alternative.transcript) for alternative in alternatives)
        if longest > MAX_QUERY_LENGTH or len(alternatives) > self._core.offer.limits.max_alternatives:
            raise InvalidRequest(
                f"{len(alternatives)} alternatives of up to {longest} characters, at most "
                f"{self._core.offer.limits.max_alternatives} of {MAX_QUERY_LENGTH} are allowed"
            )
        if not all(math.isfinite(number) for alternative in alternatives for number in (alternative.confidence, alternative.log_prob)):
            raise InvalidRequest("confidence and log_prob of every alternative must be finite")
        if request.query:
            self._core.typed(request.query)
        found = await self._core.search(0, Heard(alternatives), wish.catalogue, wish.max_hits)
        return pb.SearchResponse(search_results=codec.encode(found))

    async def SubmitFeedback(self, request: pb.SubmitFeedbackRequest, context: Context) -> pb.SubmitFeedbackResponse:  # noqa: N802
        """Validated and counted; kept where the request's consent and the server's configuration both say so."""
        self._allowed_to_keep(context, request.data_use)
        given = checked(request)
        metrics = self._core.metrics
        metrics.feedback.labels(given.kind).inc()
        if given.kind == "corrected":
            self._core.typed(request.corrected.transcript)
        try:
            kept = await self._core.feedback.kept(given, request.data_use, datetime.now(UTC))
        except OSError:  # a full disk, or (TimeoutError is one) a stalled one: the person has done their part
            log.exception("feedback could not be kept")
            metrics.feedback_written(done=False)
            kept = False
        if kept:
            metrics.feedback_written(done=True)
        return pb.SubmitFeedbackResponse(kept=kept)

    async def GetServerInfo(self, request: pb.GetServerInfoRequest, context: Context) -> pb.GetServerInfoResponse:  # noqa: N802
        offer = self._core.offer
        info = m.GetServerInfoResponse(self._version, (offer.model,), offer.catalogues, offer.limits, self.ready, self.draining, self._config.workers)
        encoded: pb.GetServerInfoResponse = codec.encode(info)
        return encoded

    def _allowed_to_keep(self, context: Context, data_use: pb.DataUse) -> Principal:
        """Who is calling. Raises: PermissionDenied: speech or text may be kept, and their token may not say so."""
        principal, _ = self._gate.identify(context.invocation_metadata() or ())
        if data_use.allow_retention:
            check_scope(Scope.CAPTURE, principal)
        return principal

    @property
    def unread_responses(self) -> int:
        """Of all streams; for a scrape, which comes from another thread."""
        return sum(stream.unread_responses for stream in list(self._streams))

    async def drain(self, reconnect_in_s: float, grace_s: float) -> None:
        """Send every open session a GoAway; each ends when its last segment is answered, or with Rejects after grace_s."""
        self.draining = True
        for stream in list(self._streams):
            stream.drain(reconnect_in_s, "the server is being restarted")
        ends = [asyncio.create_task(stream.ended.wait()) for stream in self._streams]
        if ends:
            _, late = await asyncio.wait(ends, timeout=grace_s)
            for end in late:
                end.cancel()
        for stream in list(self._streams):
            stream.end(Draining("the server stopped before this segment was finished", reconnect_in_s))


class ModelAdminService(pb_grpc.ModelAdminServicer):
    """Generated methods answer UNIMPLEMENTED: loading and roll-out come with the model life cycle."""


def traceparent_of(context: Context) -> str:
    """Empty: the client traces nothing."""
    return next((value for name, value in context.invocation_metadata() or () if name == HEADER and isinstance(value, str)), "")


async def _end_with(session_pass: SessionPass, stream: Stream) -> None:
    """When the right to the session ends, so does the session; what was said before is still answered."""
    await _end_gently(stream, await session_pass.watch())


async def _end_when_old(stream: Stream, max_stream_s: float) -> None:
    """What one connection holds does not grow for ever, and after a deploy nobody stays behind; the session goes on with its resume token."""
    await asyncio.sleep(max_stream_s)
    await _end_gently(stream, TooLong(f"the stream is {max_stream_s:g} s old, which is the limit; resume the session on another"))


async def _end_gently(stream: Stream, error: SpeechError) -> None:
    """GoAway, the answers to what was begun, the end; with `error` if that takes too long."""
    stream.drain(0.0, error.message)
    try:
        async with asyncio.timeout(ENDING_GRACE_S):
            await stream.ended.wait()
    except TimeoutError:
        stream.end(error)


async def _decoded(requests: AsyncIterator[pb.StreamingRecognizeRequest]) -> AsyncIterator[m.Request]:
    async for request in requests:
        if request.HasField("streaming_config"):
            _known(request.streaming_config)
        yield codec.decode_request(request)


def _known(config: pb.StreamingConfig) -> pb.StreamingConfig:
    """Raises: InvalidRequest: an encoding newer than this program, which the codec would make UNSPECIFIED and the session take for LINEAR16."""
    if config.encoding not in pb.AudioEncoding.values():
        raise InvalidRequest(f"encoding is {config.encoding}, this server takes {m.AudioEncoding.LINEAR16.name}")
    return config
