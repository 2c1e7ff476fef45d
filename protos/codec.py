"""protos.messages <-> the generated protobuf classes. Pure: no I/O, no clock; total: every message of ours can be encoded, every pb2 message decoded.

A dataclass travels as the protobuf message of the same name (ALIASES lists the exceptions), field by field by name. How a field is converted follows
from its type alone: Samples and Seconds become Duration, enums their number, tuples repeated fields, `X | None` presence.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
from enum import IntEnum
from functools import cache
from typing import Any, TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message

from protos import messages as m
from protos import speech_search_pb2 as pb
from protos.errors import ProtocolError

ALIASES: dict[type, str] = {m.Hypothesis: "Alternative"}
NANOS_PER_SAMPLE = 1_000_000_000 // m.SAMPLE_RATE_HZ
# protobuf's own range of a Duration, +-10,000 years.
MAX_DURATION_S = 315_576_000_000

REQUESTS: dict[str, type] = {
    "streaming_config": m.StreamingConfig,
    "segment_start": m.SegmentStart,
    "audio": m.AudioChunk,
    "segment_end": m.SegmentEnd,
    "cancel_segment": m.CancelSegment,
    "update": m.SessionUpdate,
    "edge_report": m.EdgeReport,
    "keep_alive": m.KeepAlive,
    "segment_pause": m.SegmentPause,
}
RESPONSES: dict[str, type] = {
    "session": m.Session,
    "accepted": m.SegmentAccepted,
    "result": m.Result,
    "speech_event": m.SpeechEvent,
    "search_results": m.SearchResults,
    "reject": m.Reject,
    "go_away": m.GoAway,
    "notice": m.Notice,
}
_FIELD_OF = {cls: field for table in (REQUESTS, RESPONSES) for field, cls in table.items()}

T = TypeVar("T")


def encode_request(request: m.Request) -> pb.StreamingRecognizeRequest:
    return pb.StreamingRecognizeRequest(**{_FIELD_OF[type(request)]: encode(request)})


def decode_request(message: pb.StreamingRecognizeRequest) -> m.Request:
    """Raises: ProtocolError: nothing is set, or something newer than this program."""
    field = message.WhichOneof("request")
    if field is None:
        raise ProtocolError(f"a request must set one of {', '.join(REQUESTS)}; this one sets none this server knows")
    return typing.cast("m.Request", decode(REQUESTS[field], getattr(message, field)))


def encode_response(response: m.Response) -> pb.StreamingRecognizeResponse:
    return pb.StreamingRecognizeResponse(**{_FIELD_OF[type(response)]: encode(response)})


def decode_response(message: pb.StreamingRecognizeResponse) -> m.Response:
    """Raises: ProtocolError: nothing is set, or something newer than this program."""
    field = message.WhichOneof("response")
    if field is None:
        raise ProtocolError(f"a response must set one of {', '.join(RESPONSES)}; this one sets none this client knows")
    return typing.cast("m.Response", decode(RESPONSES[field], getattr(message, field)))


def encode(message: Any) -> Any:
    """One of our dataclasses -> its protobuf message."""
    plan = _plan(type(message))
    values = {name: field.to_pb(value) for name, field in plan.fields if (value := getattr(message, name)) is not None}
    return plan.pb_class(**values)


def decode(cls: type[T], message: Message) -> T:
    """A protobuf message -> our dataclass `cls`. Enum numbers newer than this program become UNSPECIFIED."""
    plan = _plan(cls)
    values = {name: field.from_pb(getattr(message, name)) for name, field in plan.fields if not field.presence or message.HasField(name)}
    return cls(**values)


def samples_to_duration(samples: int) -> Duration:
    seconds, rest = divmod(samples, m.SAMPLE_RATE_HZ)
    return Duration(seconds=seconds, nanos=rest * NANOS_PER_SAMPLE)


def duration_to_samples(duration: Duration) -> int:
    """Rounded to the nearest sample; exact for what samples_to_duration made."""
    return duration.seconds * m.SAMPLE_RATE_HZ + round(duration.nanos / NANOS_PER_SAMPLE)


def seconds_to_duration(seconds: float) -> Duration:
    """Rounded to the nanosecond; kept within what a Duration can hold."""
    nanos = round(max(-MAX_DURATION_S, min(MAX_DURATION_S, seconds)) * 1e9)
    sign = -1 if nanos < 0 else 1
    whole, rest = divmod(abs(nanos), 1_000_000_000)
    return Duration(seconds=sign * whole, nanos=sign * rest)


def duration_to_seconds(duration: Duration) -> float:
    """The float nearest to the nanosecond: exact for what seconds_to_duration made of whole nanoseconds."""
    return (duration.seconds * 1_000_000_000 + duration.nanos) / 1e9


@dataclasses.dataclass(frozen=True, slots=True)
class _Field:
    to_pb: Callable[[Any], Any]
    from_pb: Callable[[Any], Any]
    presence: bool
    """Absent on the wire means the dataclass default."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Plan:
    pb_class: Any
    fields: tuple[tuple[str, _Field], ...]


def _make_plan(cls: type) -> _Plan:
    hints = typing.get_type_hints(cls, include_extras=True)
    fields = tuple((field.name, _field(hints[field.name])) for field in dataclasses.fields(cls))
    return _Plan(getattr(pb, ALIASES.get(cls, cls.__name__)), fields)


def _field(hint: Any) -> _Field:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        inner = _field(next(arg for arg in typing.get_args(hint) if arg is not type(None)))
        return dataclasses.replace(inner, presence=True)
    if origin is tuple:
        item = _field(typing.get_args(hint)[0])
        return _Field(lambda xs: [item.to_pb(x) for x in xs], lambda xs: tuple(item.from_pb(x) for x in xs), presence=False)
    if hint is m.Samples:
        return _Field(samples_to_duration, duration_to_samples, presence=True)
    if hint is m.Seconds:
        return _Field(seconds_to_duration, duration_to_seconds, presence=True)
    if isinstance(hint, type) and issubclass(hint, IntEnum):
        return _Field(int, lambda number: hint(number) if number in hint._value2member_map_ else hint(0), presence=False)
    if dataclasses.is_dataclass(hint):
        return _Field(encode, lambda message: decode(typing.cast("type", hint), message), presence=True)
    return _Field(_same, _same, presence=False)


# cache() alone would ask for Hashable, which mypy denies a class object.
_plan = typing.cast("Callable[[type], _Plan]", cache(_make_plan))


def _same(value: Any) -> Any:
    return value
