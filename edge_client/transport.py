"""One session with the server over gRPC. Takes requests at once, connected or not; gives back responses; never loses either silently."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator

import grpc

from edge_client.config import TransportConfig
from protos import codec
from protos import speech_search_pb2 as pb
from protos import speech_search_pb2_grpc as pb_grpc
from protos.errors import ProtocolError, SpoolFull, Unreachable
from protos.messages import AudioChunk, CancelSegment, Request, Response, SegmentEnd, SegmentStart, StreamingConfig

# Three keep-alive options together, or a dead peer goes unnoticed for a minute; back-off short, or a restart costs 20 s (all measured).
CHANNEL_OPTIONS = (
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.http2.ping_timeout_ms", 5_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 250),
    ("grpc.min_reconnect_backoff_ms", 1_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)
# What a person reads; the code and the server's own words follow in brackets.
STATUS_SENTENCES = {
    grpc.StatusCode.UNAVAILABLE: "went away or is too busy",
    grpc.StatusCode.UNAUTHENTICATED: "does not know who is speaking",
    grpc.StatusCode.PERMISSION_DENIED: "does not allow this",
    grpc.StatusCode.RESOURCE_EXHAUSTED: "takes no more from this client",
    grpc.StatusCode.INVALID_ARGUMENT: "refuses what was asked",
    grpc.StatusCode.NOT_FOUND: "does not have what was asked for",
    grpc.StatusCode.OUT_OF_RANGE: "ended the session: it was too long, or its audio stopped coming",
    grpc.StatusCode.ABORTED: "ended the session: a newer connection took it over",
    grpc.StatusCode.UNIMPLEMENTED: "is no Harken server, or an older one",
}
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


def open_channel(server: str) -> grpc.aio.Channel:
    """To HOST:PORT. This machine itself is never reached through a proxy: gRPC alone would obey `http_proxy` there too."""
    is_near = server.rpartition(":")[0] in LOOPBACK_HOSTS
    return grpc.aio.insecure_channel(server, options=[*CHANNEL_OPTIONS, ("grpc.enable_http_proxy", int(not is_near))])


class Transport:
    """`send` any time after construction; iterate `responses` once; `end_input` when nothing more will be sent."""

    def __init__(self, config: TransportConfig, session: StreamingConfig) -> None:
        self._config = config
        self._channel = open_channel(config.server)
        self._outbox: deque[Request] = deque([session])
        self._wake = asyncio.Event()
        self._ended = False
        self._unsent_bytes = 0
        self._full: set[int] = set()
        self.accepted_bytes = 0
        """Of audio that is sent or waits to be."""
        self.connected_s: float | None = None
        """When the connection came up, on the monotonic clock; None until it does."""

    @property
    def sent_bytes(self) -> int:
        """Of audio handed to gRPC."""
        return self.accepted_bytes - self._unsent_bytes

    def send(self, request: Request) -> None:
        """Never waits: capture must not.

        Raises: SpoolFull: once for each segment that cannot be held any more; its remaining messages are dropped without another word.
        """
        if isinstance(request, AudioChunk | SegmentEnd | SegmentStart) and request.segment_id in self._full:
            return
        if isinstance(request, AudioChunk):
            if self._unsent_bytes + len(request.data) > self._config.max_unsent_bytes:
                waiting = self._unsent_bytes
                self._forget(request.segment_id)
                raise SpoolFull(f"{waiting} bytes of audio wait for the server, {self._config.max_unsent_bytes} are allowed")
            self._unsent_bytes += len(request.data)
            self.accepted_bytes += len(request.data)
        self._outbox.append(request)
        self._wake.set()

    def end_input(self) -> None:
        """Half-close once everything is sent: ending streams this way, and not by cancelling, leaks nothing in the server."""
        self._ended = True
        self._wake.set()

    async def responses(self) -> AsyncIterator[Response]:
        """Until the server has answered everything after `end_input`. Raises: Unreachable: names the address and what gRPC says."""
        try:
            await asyncio.wait_for(self._channel.channel_ready(), self._config.connect_timeout_s)
        except TimeoutError as error:
            raise Unreachable(
                f"no server answers at {self._config.server} within {self._config.connect_timeout_s:g} s; start one with `harken-server run`"
            ) from error
        self.connected_s = time.monotonic()
        call = pb_grpc.SpeechSearchStub(self._channel).StreamingRecognize(self._requests())
        try:
            async for message in call:
                try:
                    yield codec.decode_response(message)
                except ProtocolError:
                    continue  # a kind of response newer than this client; every kind it needs is older
        except grpc.aio.AioRpcError as error:
            sentence = STATUS_SENTENCES.get(error.code(), "ended the session")
            raise Unreachable(f"the server at {self._config.server} {sentence} ({error.code().name}: {error.details()})") from error

    async def close(self) -> None:
        await self._channel.close(None)

    async def _requests(self) -> AsyncIterator[pb.StreamingRecognizeRequest]:
        while True:
            while self._outbox:
                request = self._outbox.popleft()
                if isinstance(request, AudioChunk):
                    self._unsent_bytes -= len(request.data)
                yield codec.encode_request(request)
            if self._ended:
                return
            self._wake.clear()
            await self._wake.wait()

    def _forget(self, segment_id: int) -> None:
        """Take back what is not sent yet of a segment that is lost anyway, and tell the server if it knows of it."""
        self._full.add(segment_id)

        def is_mine(request: Request) -> bool:
            return isinstance(request, SegmentStart | AudioChunk) and request.segment_id == segment_id

        mine = [request for request in self._outbox if is_mine(request)]
        forgotten_bytes = sum(len(request.data) for request in mine if isinstance(request, AudioChunk))
        self._unsent_bytes -= forgotten_bytes
        self.accepted_bytes -= forgotten_bytes
        self._outbox = deque(request for request in self._outbox if not is_mine(request))
        if not any(isinstance(request, SegmentStart) for request in mine):
            self._outbox.append(CancelSegment(segment_id))
