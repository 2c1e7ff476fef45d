"""Mutations are as wild as they say, and the same for the same seed."""

from __future__ import annotations

import random

from benchmarks.fuzz.mutate import bytes_changed, filled, with_one_field_changed
from protos import speech_search_pb2 as pb


def test_every_field_of_a_message_is_set_sooner_or_later_and_can_be_written() -> None:
    seen: set[str] = set()
    for seed in range(100):
        message = filled(pb.StreamingConfig(), random.Random(seed))
        assert pb.StreamingConfig.FromString(message.SerializeToString()).SerializeToString() == message.SerializeToString()
        seen |= {field.name for field, _ in message.ListFields()}
    assert seen == set(pb.StreamingConfig.DESCRIPTOR.fields_by_name)


def test_one_field_is_changed_and_not_the_rest() -> None:
    start = pb.SegmentStart(segment_id=7, priority=pb.PRIORITY_LIVE)
    changed = [with_one_field_changed(pb.StreamingRecognizeRequest(segment_start=start), random.Random(seed)) for seed in range(200)]
    assert any(message.WhichOneof("request") != "segment_start" for message in changed), "of the message itself"
    assert any(message.segment_start.segment_id not in (0, 7) for message in changed), "of the one within"
    assert sum(message.segment_start == start for message in changed) > 20


def test_changed_bytes_differ_and_the_same_seed_makes_them_again() -> None:
    wire = pb.SearchRequest(query="banana bread", max_hits=3).SerializeToString()
    made = [bytes_changed(wire, random.Random(seed)) for seed in range(100)]
    assert made == [bytes_changed(wire, random.Random(seed)) for seed in range(100)]
    assert sum(one != wire for one in made) > 80
    assert bytes_changed(b"", random.Random(1)) is not None
