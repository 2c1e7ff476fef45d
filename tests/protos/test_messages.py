"""The dataclasses and the contract say the same."""

from __future__ import annotations

import dataclasses
from enum import IntEnum

import pytest

from protos import codec
from protos import messages as m
from protos import speech_search_pb2 as pb

CLASSES = [cls for cls in vars(m).values() if isinstance(cls, type) and dataclasses.is_dataclass(cls)]
ON_THE_WIRE = [cls for cls in CLASSES if cls not in (m.AudioFrame, m.Segment)]
ENUMS = [cls for cls in vars(m).values() if isinstance(cls, type) and issubclass(cls, IntEnum) and cls is not IntEnum]


@pytest.mark.parametrize("cls", ON_THE_WIRE, ids=lambda cls: cls.__name__)
def test_a_message_has_exactly_the_fields_of_the_contract(cls: type) -> None:
    descriptor = getattr(pb, codec.ALIASES.get(cls, cls.__name__)).DESCRIPTOR
    assert [field.name for field in dataclasses.fields(cls)] == [field.name for field in descriptor.fields]


@pytest.mark.parametrize("cls", ENUMS, ids=lambda cls: cls.__name__)
def test_an_enum_has_exactly_the_names_and_numbers_of_the_contract(cls: type[IntEnum]) -> None:
    descriptor = pb.DESCRIPTOR.enum_types_by_name[cls.__name__]
    prefix = "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in cls.__name__).lstrip("_") + "_"
    assert {value.name: value.number for value in descriptor.values} == {prefix + item.name: item.value for item in cls}


def test_every_kind_of_request_and_response_has_a_dataclass() -> None:
    request = pb.StreamingRecognizeRequest.DESCRIPTOR.oneofs_by_name["request"]
    response = pb.StreamingRecognizeResponse.DESCRIPTOR.oneofs_by_name["response"]
    assert [field.name for field in request.fields] == list(codec.REQUESTS)
    assert [field.name for field in response.fields] == list(codec.RESPONSES)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_nothing_that_travels_can_be_changed(cls: type) -> None:
    assert cls.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert hasattr(cls, "__slots__")


def test_a_segment_counts_its_samples() -> None:
    assert m.Segment(1, 0, bytes(641)).sample_count == 320
