"""Who runs next, and who may not enter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_server.schedule import CATCHUP_SHARE, Job, Schedule
from protos.errors import Overloaded
from protos.messages import Priority


def job(number: int, audio_s: float = 1.0, priority: Priority = Priority.LIVE, deadline_s: float | None = None) -> Job:
    return Job(("stream", number), audio_s, priority, 0.0, deadline_s)


def test_first_in_first_out_and_live_before_catchup() -> None:
    schedule = Schedule(100)
    for number, priority in enumerate([Priority.CATCHUP, Priority.LIVE, Priority.CATCHUP, Priority.LIVE]):
        schedule.offer(job(number, priority=priority))
    assert [schedule.take().key[1] for _ in range(4)] == [1, 3, 0, 2]  # type: ignore[union-attr]
    assert schedule.take() is None


def test_too_much_audio_is_refused_with_a_time_to_come_back() -> None:
    schedule = Schedule(10, workers=2)
    schedule.offer(job(1, 8))
    with pytest.raises(Overloaded, match=r"8\.0 s of audio are queued, 10 s are allowed") as refusal:
        schedule.offer(job(2, 3))
    assert refusal.value.retry_after_s == 0.25
    for _ in range(50):
        schedule.finished(audio_s=1, busy_s=1)
    with pytest.raises(Overloaded) as refusal:
        schedule.offer(job(2, 3))
    assert refusal.value.retry_after_s == pytest.approx(4, rel=0.01), "8 s for two workers that take a second for each"


def test_an_empty_queue_takes_a_segment_longer_than_the_bound() -> None:
    schedule = Schedule(1)
    schedule.offer(job(1, 20))
    assert schedule.take() == job(1, 20)


def test_a_backlog_leaves_room_for_live_speech() -> None:
    schedule = Schedule(10)
    schedule.offer(job(1, 10 * CATCHUP_SHARE, Priority.CATCHUP))
    with pytest.raises(Overloaded):
        schedule.offer(job(2, 1, Priority.CATCHUP))
    schedule.offer(job(3, 4))


def test_the_late_leave_at_their_deadline() -> None:
    schedule = Schedule(100)
    schedule.offer(job(1, deadline_s=5.0))
    schedule.offer(job(2))
    schedule.offer(job(3, deadline_s=3.0))
    assert schedule.expire(2.9) == []
    assert [late.key[1] for late in schedule.expire(5.0)] == [1, 3]
    assert schedule.take() == job(2)


def test_a_job_put_back_is_the_next_whatever_the_bound() -> None:
    schedule = Schedule(2)
    schedule.offer(job(1))
    schedule.offer(job(2))
    taken = schedule.take()
    assert taken == job(1)
    schedule.offer(job(3))
    schedule.put_back(job(1))
    assert schedule.take() == job(1)


def test_a_cancelled_job_is_gone_once() -> None:
    schedule = Schedule(10)
    schedule.offer(job(1))
    assert schedule.cancel(("stream", 1))
    assert not schedule.cancel(("stream", 1))
    assert len(schedule) == 0


@given(st.lists(st.tuples(st.sampled_from(["offer", "take", "cancel", "expire"]), st.floats(0.1, 20), st.booleans()), max_size=60))
def test_every_admitted_job_leaves_exactly_once_and_the_bound_holds(steps: list[tuple[str, float, bool]]) -> None:
    schedule, admitted, left = Schedule(30), [], []
    for now_s, (step, audio_s, live) in enumerate(steps):
        if step == "offer":
            new = job(now_s, audio_s, Priority.LIVE if live else Priority.CATCHUP, now_s + 3.0 if live else None)
            before = len(schedule)
            try:
                schedule.offer(new)
                admitted.append(new.key)
                assert before == 0 or schedule.queued_audio_s() <= 30
            except Overloaded as refusal:
                assert refusal.retry_after_s is not None
                assert len(schedule) == before
        elif step == "take" and (taken := schedule.take()):
            left.append(taken.key)
        elif step == "cancel" and admitted and schedule.cancel(admitted[-1]):
            left.append(admitted[-1])
        elif step == "expire":
            left += [late.key for late in schedule.expire(float(now_s))]
    while taken := schedule.take():
        left.append(taken.key)
    assert sorted(left) == sorted(admitted)
    assert schedule.queued_audio_s() == 0


def test_whoever_wants_no_more_than_its_share_gets_it_from_who_has_most() -> None:
    schedule = Schedule(10)
    for number in range(5):
        schedule.offer(Job(("loud", number), 2, tenant="loud"))
    shed = schedule.offer(Job(("quiet", 1), 3, tenant="quiet"))
    assert [loser.key for loser in shed] == [("loud", 4), ("loud", 3)]
    assert schedule.queued_audio_s() == 9
    with pytest.raises(Overloaded):
        schedule.offer(Job(("quiet", 2), 3, tenant="quiet"))
    with pytest.raises(Overloaded):
        schedule.offer(Job(("loud", 9), 2, tenant="loud"))


def test_a_backlog_is_shed_before_live_speech_and_a_retried_segment_last() -> None:
    schedule = Schedule(10)
    schedule.offer(Job(("loud", 1), 2, Priority.CATCHUP, tenant="loud"))
    for number in (2, 3, 4):
        schedule.offer(Job(("loud", number), 2, tenant="loud"))
    retried = schedule.take()
    assert retried is not None
    schedule.put_back(retried)
    schedule.offer(Job(("loud", 5), 2, tenant="loud"))
    shed = schedule.offer(Job(("quiet", 1), 4.0, tenant="quiet"))
    assert [loser.key[1] for loser in shed] == [1, 5]


def test_live_speech_of_one_comes_before_the_backlog_of_another() -> None:
    schedule = Schedule(100)
    schedule.offer(Job(("a", 1), 1, Priority.CATCHUP, tenant="a"))
    for number in range(3):
        schedule.offer(Job(("b", number), 20, tenant="b"))
    assert [schedule.take().key[0] for _ in range(4)] == ["b", "b", "b", "a"]  # type: ignore[union-attr]


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.floats(0.1, 12), st.booleans()), max_size=80))
def test_sharing_never_breaks_the_bound_and_sheds_only_from_those_above_their_share(offers: list[tuple[str, float, bool]]) -> None:
    schedule = Schedule(30)
    for number, (tenant, audio_s, live) in enumerate(offers):
        waiting: dict[str, float] = {tenant: audio_s}
        for job_ in schedule._jobs.values():
            waiting[job_.tenant] = waiting.get(job_.tenant, 0.0) + job_.audio_s
        before = len(schedule)
        try:
            shed = schedule.offer(Job((tenant, number), audio_s, Priority.LIVE if live else Priority.CATCHUP, tenant=tenant))
        except Overloaded:
            assert len(schedule) == before
            continue
        assert all(waiting[loser.tenant] > 30 / len(waiting) for loser in shed)
        assert all(loser.tenant != tenant for loser in shed)
        assert before == 0 or schedule.queued_audio_s() <= 30 + 1e-6
