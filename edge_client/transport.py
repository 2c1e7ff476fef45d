"""A session with the server over gRPC, through as many connections as it takes. Takes requests at once, connected or not; loses none silently."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any

import grpc

from edge_client.backoff import Backoff, is_final, may_help_again
from edge_client.channel import FINAL_REFUSALS, STATUS_SENTENCES, open_channel
from edge_client.config import TransportConfig
from edge_client.handshake import hopeless
from edge_client.outbox import Outbox, SegmentRequest
from protos import codec
from protos import messages as m
from protos import speech_search_pb2_grpc as pb_grpc
from protos.errors import ConfigurationError, ProtocolError, Unauthenticated, Unreachable

# A connection that lasted so long was no failure, whatever it answered.
HEALTHY_S = 10.0
# A segment refused as often as this for the connection's sake is refused for its own.
MAX_REFUSALS = 3
# How soon a renewed token is passed on to the server: it checks the old one every five seconds, and lets it live a minute beyond its end.
TOKEN_EVERY_S = 10.0


class Transport:
    """`send` any time after construction, `settle` what is answered; iterate `responses` once; `end_input` when nothing more will be sent."""

    def __init__(self, config: TransportConfig, session: m.StreamingConfig) -> None:
        """Raises: ConfigurationError: what `config.access` names cannot be used; said before anybody speaks."""
        config.access.metadata(config.server)
        self._config, self._session = config, session
        self._outbox = Outbox(config.max_unanswered_bytes, round(config.max_unanswered_s * m.SAMPLE_RATE_HZ * m.BYTES_PER_SAMPLE))
        self._backoff = Backoff()
        self._wake, self._greeted = asyncio.Event(), asyncio.Event()
        self._ended = self._half_closed = self._is_over = False
        self._refusals: Counter[int] = Counter()
        self._down_since_s: float | None = None
        self._waiting_since_s = 0.0
        self._is_examined = False
        """Whether this outage's cause was asked for."""
        self._pause_s = 0.0
        """What the server asked for before the next connection."""
        self.accepted_bytes = 0
        """Of audio that is sent or waits to be, or was dropped."""
        self.sent_bytes = 0
        """Of audio handed to gRPC; what was sent twice counts twice."""
        self.connected_s: float | None = None
        """When the connection came up, on the monotonic clock; None while there is none."""
        self.connections = 0
        self.connect_failures = 0
        """Attempts that ended without a session."""
        self.reconnects_asked = 0
        """Because the server said GoAway."""
        self._is_asked = False
        self._last_words: Callable[[], m.Request] | None = None

    @property
    def reconnects(self) -> int:
        return max(0, self.connections - 1)

    @property
    def outbox(self) -> Outbox:
        return self._outbox

    def say(self, request: m.Request) -> None:
        """Sent once; lost with the connection it was given to."""
        self._outbox.say(request)
        self._wake.set()

    def send(self, request: SegmentRequest) -> list[int]:
        """Never waits: capture must not. Returns: the segments that are lost because no more can be held, each once."""
        if self._outbox.is_empty:
            self._waiting_since_s = time.monotonic()
        dropped = self._outbox.add(request)
        if isinstance(request, m.AudioChunk):
            self.accepted_bytes += len(request.data)
        self._wake.set()
        return dropped

    def drop(self, segment_id: int) -> None:
        """It is lost: nothing of it is sent any more."""
        self._outbox.drop(segment_id)
        self._wake.set()

    def settle(self, segment_id: int) -> None:
        """It has its answer, and whoever asked has it too: no connection will carry it again."""
        self._outbox.settle(segment_id)
        self._refusals.pop(segment_id, None)
        self._wake.set()

    def end_input(self, last_words: Callable[[], m.Request] | None = None) -> None:
        """Half-close once everything is settled: ending streams this way, and not by cancelling, leaks nothing in the server.

        last_words: asked for, and sent, just before.
        """
        self._ended, self._last_words = True, last_words
        self._wake.set()

    async def responses(self) -> AsyncGenerator[m.Response, None]:
        """Until the server has answered everything after `end_input`. After a cut the session is resumed and what is unsettled sent again; a response
        may then come twice.

        Raises: Unreachable: names the address and what gRPC says, when trying again cannot help or did not for too long. Unauthenticated,
        PermissionDenied: the server, or this client's TLS, will not have the other.
        """
        self._down_since_s = time.monotonic()
        failure = "does not answer"
        while True:
            connections = self.connections
            try:
                async with aclosing(self._connection()) as responses:
                    async for response in responses:
                        yield response
                failure = "ended the session before it answered"
            except grpc.aio.AioRpcError as error:
                failure = f"{STATUS_SENTENCES.get(error.code(), 'ended the session')} ({error.code().name}: {error.details()})"
                if error.code() is grpc.StatusCode.UNAVAILABLE:
                    await self._check_hope()
                if not may_help_again(error.code().name, error.details() or ""):
                    kind = FINAL_REFUSALS.get(error.code(), Unreachable)
                    raise kind(f"the server at {self._config.server} {failure}") from error
            except TimeoutError:
                pass  # what went wrong before says more
            except ConfigurationError as error:  # the token or a certificate is being replaced, or it is gone
                failure = f"cannot be asked: {error}"
            self.connect_failures += connections == self.connections
            if self._is_over or (self._ended and self._outbox.is_empty):
                return
            await self._wait(failure)

    async def _check_hope(self) -> None:
        """gRPC calls every TLS failure UNAVAILABLE, as it calls an unplugged cable. Asked once an outage, for it takes a connection of its own.

        Raises: Unauthenticated: trying again cannot help.
        """
        if self._is_examined or (self.connections and not self._config.access.is_encrypted):
            return
        self._is_examined = True
        if reason := await hopeless(self._config.server, self._config.access):
            raise Unauthenticated(f"{self._config.server}: {reason}")

    async def _connection(self) -> AsyncGenerator[m.Response, None]:
        """One stream on a channel of its own, so that no other connection's back-off delays it.

        Raises: AioRpcError, TimeoutError; ConfigurationError: token or certificate cannot be read.
        """
        self._outbox.rewind()
        self._half_closed = False
        self._greeted.clear()
        metadata = self._config.access.metadata(self._config.server)
        channel = open_channel(self._config)
        pump: asyncio.Task[None] | None = None
        renewing = asyncio.create_task(self._renew(self._config.access.current_token()))
        try:
            call = pb_grpc.SpeechSearchStub(channel).StreamingRecognize(metadata=metadata)
            pump = asyncio.create_task(self._pump(call))
            async with asyncio.timeout(max(0.01, min(self._config.attempt_timeout_s, self._remaining_s()))):
                first = await call.read()
            self._greeted.set()
            async with aclosing(self._read(call, first)) as responses:
                async for response in responses:
                    yield response
        finally:
            self._disconnected()
            renewing.cancel()
            if pump is not None:
                pump.cancel()
                await asyncio.wait([pump])
            await channel.close(None)
        if not pump.cancelled():
            pump.result()  # a bug of ours must be seen

    async def _read(self, call: Any, message: Any) -> AsyncGenerator[m.Response, None]:
        self.connections += 1
        self.reconnects_asked += self._is_asked
        self._is_asked = False
        self._is_examined = False
        self.connected_s = time.monotonic()
        is_any_refused = False
        while message is not grpc.aio.EOF:  # type: ignore[attr-defined]
            try:
                response = codec.decode_response(message)
            except ProtocolError:
                response = None  # a kind of response newer than this client; every kind it needs is older
            match response:
                case None:
                    pass
                case m.Reject(segment_id, reason) if not is_final(reason) and self._refusals[segment_id] < MAX_REFUSALS:
                    is_any_refused = True
                    if reason not in (m.RejectReason.DRAINING, m.RejectReason.TAKEN_OVER):  # with these the server itself ends the stream
                        self._refusals[segment_id] += 1
                        return
                case _:
                    self._react(response)
                    yield response
            message = await call.read()
        self._is_over = self._half_closed and not is_any_refused  # in good order, and whole: it will say no more on another connection

    def _react(self, response: m.Response) -> None:
        match response:
            case m.Session(resume_token=token):
                self._session = replace(self._session, resume_token=token)
            case m.GoAway(reconnect_in=reconnect_in):
                self._outbox.hold()
                self._is_asked = True
                self._pause_s = reconnect_in or 0.0
            case m.Result(is_final=True) | m.Reject():
                self._was_of_use()
            case _:
                pass

    async def _pump(self, call: Any) -> None:
        """Writes what there is, at the pace the connection takes it. What breaks the writing breaks the reading too, and is told there."""
        try:
            await call.write(codec.encode_request(self._session))
            # A client that is still writing when it is turned away learns INTERNAL from gRPC instead of the reason (measured).
            await self._greeted.wait()
            while True:
                while (request := self._outbox.next()) is not None:
                    if isinstance(request, m.AudioChunk):
                        self.sent_bytes += len(request.data)
                    await call.write(codec.encode_request(request))
                if self._ended and self._outbox.is_sent and self._outbox.is_empty:
                    if self._last_words is not None:
                        await call.write(codec.encode_request(self._last_words()))
                    self._half_closed = True
                    await call.done_writing()
                    return
                self._wake.clear()
                await self._wake.wait()
        except (grpc.aio.AioRpcError, grpc.aio.UsageError, asyncio.InvalidStateError):
            return

    async def _renew(self, token: str) -> None:
        """Pass on what somebody writes into the token file."""
        while self._config.access.token_file is not None:
            await asyncio.sleep(TOKEN_EVERY_S)
            with suppress(ConfigurationError):  # being replaced; there is a next time
                if (newer := self._config.access.current_token()) != token:
                    token = newer
                    self.say(m.SessionUpdate(access_token=newer))

    def _was_of_use(self) -> None:
        self._down_since_s = None
        self._backoff.reset()

    def _disconnected(self) -> None:
        if self.connected_s is not None and time.monotonic() - self.connected_s >= HEALTHY_S:
            self._was_of_use()
        self.connected_s = None
        self._down_since_s = self._down_since_s or time.monotonic()

    def _remaining_s(self) -> float:
        """Before what waits is given up. A session that never began has less time than one that was cut, and one in which nobody speaks has all."""
        assert self._down_since_s is not None  # noqa: S101 - set before the first connection and after each
        now_s, config = time.monotonic(), self._config
        if not self.connections:
            return self._down_since_s + config.connect_timeout_s - now_s
        if self._outbox.is_empty:
            return config.outage_timeout_s
        return max(self._down_since_s, self._waiting_since_s) + config.outage_timeout_s - now_s

    async def _wait(self, failure: str) -> None:
        """Raises: Unreachable: it has lasted too long."""
        wait_s, self._pause_s = max(self._pause_s, self._backoff.next_s(random.random())), 0.0  # noqa: S311 - no secret
        if (remaining_s := self._remaining_s()) > 0:
            await asyncio.sleep(min(wait_s, remaining_s))
            return
        server, config = self._config.server, self._config
        if not self.connections:
            raise Unreachable(f"no server answers at {server} within {config.connect_timeout_s:g} s; start one with `harken-server run` ({failure})")
        raise Unreachable(f"the server at {server} {failure}, and {config.outage_timeout_s:g} s of new attempts did not help")
