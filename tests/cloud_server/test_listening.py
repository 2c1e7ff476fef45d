"""Every worker hears whole beginnings of segments, never a part after a hole, and no more of them than it can bear."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_server import listening
from cloud_server.listening import Forget, Key, Listen, Listening

ONE, TWO = ("stream", 1), ("stream", 2)
SECOND = bytes(32_000)


def test_a_part_goes_to_the_first_worker_that_has_time_and_those_after_it_to_the_same() -> None:
    queue = Listening(2)
    assert queue.offer(ONE, 70, 0, b"abcd")
    assert queue.take(1) == Listen(ONE, 70, 0, b"abcd")
    assert queue.offer(ONE, 70, 2, b"ef")
    assert queue.take(0) is None
    assert queue.take(1) == Listen(ONE, 70, 2, b"ef")
    assert queue.take(1) is None


def test_a_part_that_waits_grows_and_keeps_its_place() -> None:
    queue = Listening()
    queue.offer(ONE, 0, 0, b"ab")
    queue.offer(TWO, 0, 0, b"AB")
    queue.offer(ONE, 0, 1, b"cd")
    assert [queue.take(0), queue.take(0), queue.take(0)] == [Listen(ONE, 0, 0, b"abcd"), Listen(TWO, 0, 0, b"AB"), None]


def test_a_worker_is_told_once_what_ended() -> None:
    queue = Listening()
    queue.offer(ONE, 0, 0, b"ab")
    queue.take(0)
    queue.end(ONE)
    queue.end(ONE)
    queue.offer(TWO, 0, 0, b"ab")
    queue.end(TWO)
    assert queue.take(0) == Forget((ONE,)), "of the second it never heard"
    assert queue.take(0) is None
    assert not queue.offer(ONE, 0, 1, b"cd"), "a part after a hole is not taken"


def test_what_a_dead_worker_had_heard_is_lost_and_the_rest_is_not() -> None:
    queue = Listening(2)
    for worker, key in enumerate((ONE, TWO)):
        queue.offer(key, 0, 0, b"ab")
        queue.take(worker)
    assert queue.lost(0) == [ONE]
    assert queue.take(0) is None
    assert not queue.offer(ONE, 0, 1, b"cd")
    assert queue.offer(TWO, 0, 1, b"cd")


def test_too_many_segments_and_too_much_waiting_audio_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "MAX_SEGMENTS_PER_WORKER", 1)
    queue = Listening()
    assert queue.offer(ONE, 0, 0, SECOND)
    assert not queue.offer(TWO, 0, 0, SECOND)
    assert queue.offer(ONE, 0, 16_000, SECOND)
    assert not queue.offer(ONE, 0, 32_000, b"ab")
    assert queue.take(0) is None
    assert len(queue) == 0


step = st.one_of(
    st.tuples(st.just("part"), st.integers(1, 4), st.integers(1, 20_000)),
    st.tuples(st.sampled_from(["take", "lost"]), st.integers(0, 1), st.just(0)),
    st.tuples(st.just("end"), st.integers(1, 4), st.just(0)),
)


@given(st.lists(step, max_size=60))
def test_each_worker_hears_each_segment_without_a_hole(steps: list[tuple[str, int, int]]) -> None:
    queue, sent = Listening(2), dict.fromkeys(range(1, 5), 0)
    heard: dict[tuple[int, Key], int] = {}
    for kind, number, samples in steps:
        if kind == "part":
            queue.offer(("s", number), 0, sent[number], bytes(2 * samples))
            sent[number] += samples
        elif kind == "end":
            queue.end(("s", number))
        elif kind == "lost":
            queue.lost(number)
            heard = {place: position for place, position in heard.items() if place[0] != number}
        elif isinstance(taken := queue.take(number), Listen):
            assert taken.heard_samples == heard.get((number, taken.key), 0) or taken.heard_samples == 0
            heard[number, taken.key] = taken.heard_samples + len(taken.pcm) // 2
            assert heard[number, taken.key] <= sent[taken.key[1]]
        elif isinstance(taken, Forget):
            for key in taken.keys:
                heard.pop((number, key), None)
