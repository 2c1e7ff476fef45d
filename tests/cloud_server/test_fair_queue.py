"""Turns between tenants: nobody starves, nobody owes for ever, nothing is kept of those who are gone."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from cloud_server.fair_queue import FairQueue

AUDIO_S = st.floats(0.1, 20)


def queue_of(*waiting: tuple[str, float]) -> FairQueue:
    queue = FairQueue()
    for number, (tenant, audio_s) in enumerate(waiting):
        queue.push((tenant, number), tenant, audio_s)
    return queue


def drained(queue: FairQueue) -> list[str]:
    order = []
    while (key := queue.pop()) is not None:
        order.append(key[0])
    return order


def test_one_tenant_alone_is_first_in_first_out() -> None:
    queue = queue_of(("a", 5), ("a", 1), ("a", 3))
    assert [queue.pop(), queue.pop(), queue.pop(), queue.pop()] == [("a", 0), ("a", 1), ("a", 2), None]


def test_a_flood_waits_behind_whoever_has_had_less() -> None:
    assert drained(queue_of(("a", 1), ("a", 1), ("a", 1), ("b", 1))) == ["a", "b", "a", "a"]


def test_turns_are_audio_seconds_and_not_segments() -> None:
    order = drained(queue_of(("a", 4), ("a", 4), ("b", 1), ("b", 1), ("b", 1), ("b", 1), ("b", 1)))
    assert order == ["a", "b", "b", "b", "b", "a", "b"]


def test_a_segment_taken_out_costs_its_tenant_no_turn() -> None:
    queue = queue_of(("a", 20), ("a", 1), ("b", 1))
    assert queue.remove(("a", 0))
    assert not queue.remove(("a", 0))
    assert drained(queue) == ["a", "b"]


def test_a_newcomer_neither_saved_up_turns_nor_owes_any() -> None:
    queue = queue_of(*[("a", 1.0)] * 10)
    for _ in range(5):
        queue.pop()
    queue.push(("b", 100), "b", 1)
    queue.push(("b", 101), "b", 1)
    assert [queue.pop()[0] for _ in range(4)] in (["b", "a", "b", "a"], ["a", "b", "a", "b"])  # type: ignore[index]


def test_whoever_comes_back_at_once_still_pays_for_the_last_turn() -> None:
    queue = queue_of(*[("b", 1.0)] * 30)
    queue.push(("a", 100), "a", 10)
    order = []
    for number in range(22):
        order.append((queue.pop() or ("", 0))[0])
        if order[-1] == "a":
            queue.push(("a", 101 + number), "a", 10)
    assert order.count("a") == 2, "as many audio seconds as the other"


@given(st.lists(st.tuples(st.sampled_from("abcd"), AUDIO_S), max_size=60))
def test_everything_pushed_is_popped_once_in_its_tenants_order(waiting: list[tuple[str, float]]) -> None:
    queue = queue_of(*waiting)
    seen = defaultdict(list)
    while (key := queue.pop()) is not None:
        seen[key[0]].append(key[1])
    for tenant in "abcd":
        assert seen[tenant] == [number for number, (name, _) in enumerate(waiting) if name == tenant]
    assert not queue._lines
    assert not queue._owed
    assert len(queue) == 0


@given(st.lists(AUDIO_S, min_size=1, max_size=40), st.lists(st.tuples(st.sampled_from("abc"), AUDIO_S), max_size=80))
def test_between_backlogged_tenants_no_gap_exceeds_one_segment_of_each(mine: list[float], others: list[tuple[str, float]]) -> None:
    """The textbook bound of start-time fair queueing: while two tenants both wait, what they got differs by at most one longest segment each."""
    queue = queue_of(*[("me", audio_s) for audio_s in mine], *others)
    audio = {("me", number): audio_s for number, audio_s in enumerate(mine)}
    audio |= {(tenant, len(mine) + number): audio_s for number, (tenant, audio_s) in enumerate(others)}
    longest = {tenant: max([audio_s for key, audio_s in audio.items() if key[0] == tenant], default=0.0) for tenant in ("me", *"abc")}
    left = {tenant: sum(key[0] == tenant for key in audio) for tenant in longest}
    got = dict.fromkeys(longest, 0.0)
    while (key := queue.pop()) is not None:
        waiting = [tenant for tenant, count in left.items() if count]
        got[key[0]] += audio[key]
        left[key[0]] -= 1
        for tenant in waiting:
            if left[tenant] and left["me"]:
                assert abs(got["me"] - got[tenant]) <= longest["me"] + longest[tenant] + 1e-6


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=200))
def test_memory_is_what_waits(steps: list[tuple[bool, int]]) -> None:
    queue = FairQueue()
    for number, (is_push, tenant) in enumerate(steps):
        if is_push:
            queue.push((str(tenant), number), str(tenant), 1.0)
        else:
            queue.pop()
        assert len(queue._owed) <= 31
        if not len(queue):
            assert not queue._owed
            assert not queue._lines
