"""The wire form of every message: what goes in comes out."""

from __future__ import annotations

import dataclasses
import math
import struct

import pytest
from google.protobuf.duration_pb2 import Duration
from hypothesis import given
from hypothesis import strategies as st

from protos import codec
from protos import messages as m
from protos import speech_search_pb2 as pb
from protos.errors import ProtocolError

float32 = st.floats(width=32, allow_nan=False, allow_infinity=False)
# Whole nanoseconds below three days: exact in a float64 second and back.
seconds = st.integers(0, 250_000_000_000_000).map(lambda ns: ns / 1e9)
samples = st.integers(0, 10**12)
text = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
uint32 = st.integers(0, 2**32 - 1)
uint64 = st.integers(0, 2**63 - 1)
int32 = st.integers(0, 2**31 - 1)


def strategy_of(name: str, hint: str) -> st.SearchStrategy[object]:
    """A strategy for one field, by the name of its type; narrower where the wire is."""
    optional = hint.endswith(" | None")
    base = hint.removesuffix(" | None")
    if base.startswith("tuple["):
        return st.lists(strategy_of("", base[len("tuple[") : -len(", ...]")]), max_size=3).map(tuple)
    simple: dict[str, st.SearchStrategy[object]] = {
        "str": text, "bytes": st.binary(max_size=50), "bool": st.booleans(), "float": float32, "Samples": samples, "Seconds": seconds,
        "int": uint32 if name in {"seq", "crc32c"} else int32 if not name.endswith(("_id", "_count")) else uint64,
    }  # fmt: skip
    strategy = simple[base] if base in simple else message_strategy(getattr(m, base))
    return st.none() | strategy if optional else strategy


def message_strategy(cls: type) -> st.SearchStrategy[object]:
    if issubclass(cls, int):
        return st.sampled_from(list(cls))  # type: ignore[arg-type]
    fields = dataclasses.fields(cls)
    return st.builds(cls, **{field.name: strategy_of(field.name, str(field.type)) for field in fields})


@pytest.mark.parametrize("cls", codec.REQUESTS.values(), ids=lambda cls: cls.__name__)
def test_every_request_survives_the_wire(cls: type) -> None:
    @given(message_strategy(cls))
    def round_trip(message: m.Request) -> None:
        wire = codec.encode_request(message).SerializeToString()
        assert codec.decode_request(pb.StreamingRecognizeRequest.FromString(wire)) == message

    round_trip()


@pytest.mark.parametrize("cls", codec.RESPONSES.values(), ids=lambda cls: cls.__name__)
def test_every_response_survives_the_wire(cls: type) -> None:
    @given(message_strategy(cls))
    def round_trip(message: m.Response) -> None:
        wire = codec.encode_response(message).SerializeToString()
        assert codec.decode_response(pb.StreamingRecognizeResponse.FromString(wire)) == message

    round_trip()


@given(st.integers(-(10**14), 10**14))
def test_a_sample_position_is_exact_in_a_duration(position: int) -> None:
    assert codec.duration_to_samples(codec.samples_to_duration(position)) == position


@given(st.floats(allow_nan=False))
def test_any_number_of_seconds_becomes_a_valid_duration(value: float) -> None:
    duration = codec.seconds_to_duration(value)
    assert abs(duration.nanos) < 1_000_000_000
    assert duration.seconds * duration.nanos >= 0
    if math.isfinite(value) and abs(value) < 1e6:
        assert codec.duration_to_seconds(duration) == pytest.approx(value, abs=1e-9)


@given(st.binary(max_size=200))
def test_any_message_the_parser_accepts_is_decoded_or_refused_by_name(wire: bytes) -> None:
    try:
        message = pb.StreamingRecognizeRequest.FromString(wire)
    except Exception:  # the parser's own refusal is not ours to test
        return
    try:
        codec.decode_request(message)
    except ProtocolError as error:
        assert "must set one of" in error.message


def test_an_enum_number_from_the_future_reads_as_unspecified() -> None:
    future = pb.SegmentEnd(segment_id=1)
    wire = future.SerializeToString() + struct.pack("BB", 2 << 3, 99)
    assert codec.decode(m.SegmentEnd, pb.SegmentEnd.FromString(wire)).reason is m.EndReason.UNSPECIFIED


def test_absent_is_not_zero() -> None:
    assert codec.decode(m.SegmentStart, pb.SegmentStart()).snr_db is None
    assert codec.decode(m.SegmentStart, pb.SegmentStart(snr_db=0.0)).snr_db == 0.0
    assert codec.decode(m.Reject, pb.Reject(retry_after=Duration())).retry_after == 0.0


@pytest.mark.parametrize("empty", [codec.decode_request, codec.decode_response])
def test_a_message_that_sets_nothing_is_refused(empty: object) -> None:
    message = pb.StreamingRecognizeRequest() if empty is codec.decode_request else pb.StreamingRecognizeResponse()
    with pytest.raises(ProtocolError, match="must set one of"):
        empty(message)  # type: ignore[operator]
