"""The outermost layer of every call: what leaves it is a status a client may see. Never UNKNOWN, never the text of an exception of ours.

Without it grpc.aio sends `Unexpected <class 'ValueError'>: secret detail` to the client, and reports a malformed message as UNKNOWN (both measured).
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NoReturn

import grpc
from google.protobuf.message import DecodeError

from cloud_server.core import as_speech_error
from cloud_server.metrics import Metrics
from cloud_server.status import code_of, details_of
from protos.errors import InvalidRequest

log = logging.getLogger(__name__)


class LastResort(grpc.aio.ServerInterceptor):  # type: ignore[type-arg] # generic in its stubs only
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def intercept_service(
        self, continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]], handler_call_details: grpc.HandlerCallDetails
    ) -> Any:
        handler: Any = await continuation(handler_call_details)
        if handler is None:
            return handler
        deserialize = _tolerant(handler.request_deserializer)
        if handler.unary_unary:
            return grpc.unary_unary_rpc_method_handler(self._unary(handler.unary_unary), deserialize, handler.response_serializer)
        if handler.stream_stream:
            return grpc.stream_stream_rpc_method_handler(self._stream(handler.stream_stream), deserialize, handler.response_serializer)
        if handler.unary_stream:  # health's Watch, which writes its answers itself: a coroutine as a unary call is
            return grpc.unary_stream_rpc_method_handler(self._unary(handler.unary_stream), deserialize, handler.response_serializer)
        return handler

    def _unary(self, inner: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def call(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            try:
                return await inner(_sound(request), context)
            except (asyncio.CancelledError, grpc.aio.AbortError):
                raise
            except Exception as error:
                await self._abort(context, error)

        return call

    def _stream(self, inner: Callable[..., AsyncIterator[Any]]) -> Callable[..., AsyncIterator[Any]]:
        async def call(requests: AsyncIterator[Any], context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[Any]:
            try:
                async for response in inner(_all_sound(requests), context):
                    yield response
            except (asyncio.CancelledError, grpc.aio.AbortError):
                raise
            except Exception as error:
                await self._abort(context, error)

        return call

    async def _abort(self, context: grpc.aio.ServicerContext[Any, Any], error: Exception) -> NoReturn:
        if isinstance(error, NotImplementedError):  # what generated servicers raise
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, "this method is not there yet")
        correlation_id = secrets.token_hex(6)
        told = as_speech_error(error, correlation_id)
        self._metrics.rejected(told.reason)
        log.debug("a call ends with %s (%s)", told.reason.name, correlation_id)
        await context.abort(code_of(told), told.message, details_of(told, correlation_id))
        raise AssertionError("abort() raises")


class _Malformed:
    """Stands for a message that is not protobuf of the right type."""


def _tolerant(deserialize: Callable[[bytes], Any] | None) -> Callable[[bytes], Any] | None:
    """gRPC turns an exception in a deserialiser into a status of its own choosing; a marker reaches our code instead."""
    if deserialize is None:
        return None

    def parse(wire: bytes) -> Any:
        try:
            return deserialize(wire)
        except DecodeError:
            return _Malformed()

    return parse


def _sound(request: Any) -> Any:
    if isinstance(request, _Malformed):
        raise InvalidRequest("a message is not the protobuf this method takes")
    return request


async def _all_sound(requests: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for request in requests:
        yield _sound(request)
