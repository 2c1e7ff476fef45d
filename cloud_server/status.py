"""SpeechError -> gRPC status with google.rpc details: the one place where reasons become codes."""

from __future__ import annotations

from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc import StatusCode
from grpc_status import rpc_status

from protos.codec import seconds_to_duration
from protos.errors import SpeechError
from protos.messages import RejectReason

DOMAIN = "harken"
# UNAVAILABLE and DEADLINE_EXCEEDED may be tried again; RESOURCE_EXHAUSTED is the caller's own quota or size.
CODES: dict[RejectReason, StatusCode] = {
    RejectReason.OVERLOADED: StatusCode.UNAVAILABLE,
    RejectReason.DRAINING: StatusCode.UNAVAILABLE,
    RejectReason.UNAVAILABLE: StatusCode.UNAVAILABLE,
    RejectReason.SPOOL_FULL: StatusCode.UNAVAILABLE,
    RejectReason.QUOTA: StatusCode.RESOURCE_EXHAUSTED,
    RejectReason.RATE: StatusCode.RESOURCE_EXHAUSTED,
    RejectReason.TOO_LONG: StatusCode.OUT_OF_RANGE,
    RejectReason.STARVED: StatusCode.OUT_OF_RANGE,
    RejectReason.INVALID_AUDIO: StatusCode.INVALID_ARGUMENT,
    RejectReason.INVALID_REQUEST: StatusCode.INVALID_ARGUMENT,
    RejectReason.PROTOCOL: StatusCode.FAILED_PRECONDITION,
    RejectReason.CHECKSUM: StatusCode.DATA_LOSS,
    RejectReason.DEADLINE: StatusCode.DEADLINE_EXCEEDED,
    RejectReason.CANCELLED: StatusCode.CANCELLED,
    RejectReason.NOT_FOUND: StatusCode.NOT_FOUND,
    RejectReason.UNAUTHENTICATED: StatusCode.UNAUTHENTICATED,
    RejectReason.PERMISSION: StatusCode.PERMISSION_DENIED,
    RejectReason.TAKEN_OVER: StatusCode.ABORTED,
    RejectReason.INTERNAL: StatusCode.INTERNAL,
    RejectReason.UNSPECIFIED: StatusCode.INTERNAL,
}


def code_of(error: SpeechError) -> StatusCode:
    return CODES[error.reason]


def details_of(error: SpeechError, correlation_id: str) -> tuple[tuple[str, str | bytes], ...]:
    """Trailing metadata: google.rpc.Status with ErrorInfo, RequestInfo (the id to ask an operator about) and, where trying again makes sense,
    RetryInfo and gRPC's own push-back.
    """
    status = status_pb2.Status(code=getattr(code_pb2, code_of(error).name), message=error.message)
    status.details.append(_pack(error_details_pb2.ErrorInfo(reason=error.reason.name, domain=DOMAIN)))
    status.details.append(_pack(error_details_pb2.RequestInfo(request_id=correlation_id)))
    metadata: list[tuple[str, str | bytes]] = []
    if error.retry_after_s is not None:
        status.details.append(_pack(error_details_pb2.RetryInfo(retry_delay=seconds_to_duration(error.retry_after_s))))
        metadata.append(("grpc-retry-pushback-ms", str(round(error.retry_after_s * 1000))))
    metadata += rpc_status.to_status(status).trailing_metadata
    return tuple(metadata)


def _pack(message: error_details_pb2.ErrorInfo | error_details_pb2.RequestInfo | error_details_pb2.RetryInfo) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(message)
    return packed
