"""Whatever is cut and when: every connection carries what is unanswered, whole and in order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge_client.outbox import Outbox, SegmentRequest
from protos import messages as m

STEPS = st.lists(st.sampled_from(["add", "send", "send", "settle", "cut"]), max_size=80)


def segment(number: int, data: bytes = b"abcd") -> list[SegmentRequest]:
    return [m.SegmentStart(number), m.AudioChunk(number, 0, 0, data), m.SegmentEnd(number)]


def drained(outbox: Outbox) -> list[m.Request]:
    return list(iter(outbox.next, None))


@given(STEPS)
def test_a_connection_carries_exactly_what_is_unanswered(steps: list[str]) -> None:
    outbox, source, unanswered = Outbox(10_000, 10_000), [request for number in range(1, 40) for request in segment(number)], list[int]()
    for step in steps:
        if step == "add":
            request = source.pop(0)
            assert outbox.add(request) == []
            unanswered += [request.segment_id] if isinstance(request, m.SegmentEnd) else []
        elif step == "send":
            outbox.next()
        elif step == "settle" and unanswered:
            outbox.settle(unanswered.pop(0))
        elif step == "cut":
            outbox.rewind()
    outbox.rewind()
    sent = drained(outbox)
    assert [request.segment_id for request in sent if isinstance(request, m.SegmentEnd)] == unanswered
    assert sent[: 3 * len(unanswered)] == [request for number in unanswered for request in segment(number)]
    assert outbox.is_sent
    assert outbox.audio_bytes == 4 * sum(isinstance(request, m.AudioChunk) for request in sent)


def test_a_pause_follows_its_audio_and_dies_with_its_connection() -> None:
    outbox = Outbox(10_000, 10_000)
    start, audio, end = segment(1)
    pause = m.SegmentPause(1, 2, 7)
    for request in (start, audio, pause):
        outbox.add(request)
    assert drained(outbox) == [start, audio, pause]
    outbox.rewind()
    outbox.add(end)
    assert drained(outbox) == [start, audio, end]
    assert outbox.is_sent


def test_the_oldest_segment_makes_room_and_the_server_is_told_only_if_it_waits_for_the_rest() -> None:
    outbox = Outbox(8, 100)
    for request in [*segment(1), *segment(2)[:2]]:
        assert outbox.add(request) == []
    for _ in range(5):
        outbox.next()
    assert outbox.add(m.AudioChunk(2, 1, 2, b"ef")) == [1]
    assert drained(outbox) == [m.AudioChunk(2, 1, 2, b"ef")]
    assert outbox.add(m.AudioChunk(2, 2, 3, b"ghijk")) == [2]
    assert outbox.add(m.SegmentEnd(2)) == []
    assert drained(outbox) == [m.CancelSegment(2)]
    assert outbox.is_empty


def test_a_backlog_waits_for_answers_and_a_server_that_goes_away_gets_nothing_new() -> None:
    outbox = Outbox(100, 6)
    for number in (1, 2, 3):
        for request in segment(number):
            outbox.add(request)
    assert drained(outbox) == [*segment(1), *segment(2)]
    outbox.settle(1)
    outbox.hold()
    assert drained(outbox) == []
    outbox.rewind()
    assert drained(outbox) == [*segment(2), *segment(3)]
