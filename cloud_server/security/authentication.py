"""The first thing that happens to a call: who is it, and may they. Refused calls are never parsed, and no audio of theirs is read."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc

from cloud_server.core import as_speech_error
from cloud_server.metrics import Metrics
from cloud_server.security.gate import Gate, OpenGate
from cloud_server.security.refusal import Refused
from cloud_server.status import code_of, details_of
from protos.errors import SpeechError


class Authentication(grpc.aio.ServerInterceptor):  # type: ignore[type-arg] # generic in its stubs only
    def __init__(self, gate: Gate | OpenGate, metrics: Metrics) -> None:
        self._gate = gate
        self._metrics = metrics

    async def intercept_service(
        self, continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]], handler_call_details: grpc.HandlerCallDetails
    ) -> Any:
        handler: Any = await continuation(handler_call_details)
        if handler is None:  # gRPC answers UNIMPLEMENTED
            return handler
        try:
            self._gate.enter(handler_call_details.method, handler_call_details.invocation_metadata)
        except Exception as error:
            correlation_id = secrets.token_hex(6)
            told = as_speech_error(error, correlation_id)
            self._metrics.rejected(told.reason)
            self._metrics.auth_failures.labels(told.why if isinstance(told, Refused) else "scope").inc()
            return _refusing(handler, told, correlation_id)
        return handler


def _refusing(handler: Any, error: SpeechError, correlation_id: str) -> Any:
    """Of the same kind, answering nothing but the status."""
    status = code_of(error), error.message, details_of(error, correlation_id)

    async def refuse(_: Any, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        await context.abort(*status)

    async def refuse_stream(_: Any, context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[None]:
        await context.abort(*status)
        yield  # type: ignore[unreachable] # makes it a generator, which is how gRPC knows a streaming method

    if handler.request_streaming:
        return grpc.stream_stream_rpc_method_handler(refuse_stream) if handler.response_streaming else grpc.stream_unary_rpc_method_handler(refuse)
    return grpc.unary_stream_rpc_method_handler(refuse_stream) if handler.response_streaming else grpc.unary_unary_rpc_method_handler(refuse)
