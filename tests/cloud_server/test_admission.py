"""What one tenant may take, and that the others do not notice when it asks for ten times as much."""

from __future__ import annotations

import heapq
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_server.admission import Admission, Quota
from cloud_server.schedule import Job, Schedule
from protos.errors import ConfigurationError, Overloaded, QuotaExceeded, TooFast


def test_streams_are_counted_for_each_tenant() -> None:
    admission = Admission(Quota(max_streams=2))
    admission.open_stream("a", 0)
    admission.open_stream("a", 0)
    with pytest.raises(QuotaExceeded, match="2 streams are open, 2 are allowed") as refusal:
        admission.open_stream("a", 0)
    assert refusal.value.retry_after_s is not None
    admission.open_stream("b", 0)
    admission.close_stream("a", 1)
    admission.open_stream("a", 1)


def test_waiting_audio_is_bounded_but_a_single_long_segment_is_not() -> None:
    admission = Admission(Quota(max_queued_audio_s=10))
    admission.admit("a", 20, 0)
    with pytest.raises(QuotaExceeded, match=r"20\.0 s of your audio wait, 10 s are allowed"):
        admission.admit("a", 1, 0)
    admission.admit("b", 1, 0)
    admission.release("a", 20, 1)
    admission.admit("a", 1, 1)


def test_audio_a_minute_comes_back_with_time_and_the_refusal_says_when() -> None:
    admission = Admission(Quota(audio_s_per_minute=120))
    admission.admit("a", 20, 0)
    admission.release("a", 20, 0)
    with pytest.raises(TooFast, match="more than 120 s of audio a minute") as refusal:
        admission.admit("a", 20, 0)
    assert refusal.value.retry_after_s == 5
    with pytest.raises(TooFast):
        admission.admit("a", 20, 4.9)
    admission.admit("a", 20, 5)


def test_without_quotas_everything_is_admitted() -> None:
    admission = Admission()
    for _ in range(1000):
        admission.open_stream("a", 0)
        admission.admit("a", 30, 0)


@pytest.mark.parametrize("bad", [{"max_streams": 0}, {"max_queued_audio_s": -1.0}, {"audio_s_per_minute": 0.0}])
def test_a_quota_of_nothing_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(bad))):
        Quota(**bad)  # type: ignore[arg-type]


def test_tenants_are_forgotten_once_they_are_owed_nothing() -> None:
    admission = Admission(Quota(audio_s_per_minute=600))
    for number in range(10_000):
        admission.admit(f"tenant-{number}", 3, number)
        admission.release(f"tenant-{number}", 3, number)
        assert len(admission) <= 3


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.1, 30), st.floats(0, 5)), max_size=80), st.floats(1, 100))
def test_no_tenant_gets_more_than_its_bucket_and_what_flows_in(asked: list[tuple[str, float, float]], rate: float) -> None:
    admission, now_s, got = Admission(Quota(audio_s_per_minute=rate)), 0.0, dict.fromkeys("abc", 0.0)
    for tenant, audio_s, pause_s in asked:
        now_s += pause_s
        try:
            admission.admit(tenant, audio_s, now_s)
        except TooFast as refusal:
            assert refusal.retry_after_s is not None
            assert refusal.retry_after_s >= 0
            continue
        admission.release(tenant, audio_s, now_s)
        got[tenant] += audio_s
    for total in got.values():
        # One segment longer than the bucket may find it full.
        assert total <= rate / 4 + rate * now_s / 60 + 30 + 1e-6


QUOTA = Quota(max_queued_audio_s=30, audio_s_per_minute=7 * 60)
WORKER_RATE, WORKERS, QUEUE_S, MINUTES_S = 50.0, 2, 60.0, 300.0


def simulate(loud_factor: float, *, quota: Quota = QUOTA, seed: int = 1) -> tuple[list[float], list[float], int]:
    """Seconds from end of speech to answer of five quiet tenants and of the loud one, and how many quiet segments were refused.

    Open loop: Poisson arrivals of 1-5 s segments, 5 audio seconds a second from each of six tenants, one of them `loud_factor` times as much.
    Two workers of 50 audio seconds a second: 30 % busy when all are quiet.
    """
    randomness, schedule, admission = random.Random(seed), Schedule(QUEUE_S, WORKERS), Admission(quota)
    arrivals = []
    for tenant in range(6):
        now_s, rate = 0.0, 5.0 / 3.0 * (loud_factor if tenant == 0 else 1.0)
        while (now_s := now_s + randomness.expovariate(rate)) < MINUTES_S:
            arrivals.append((now_s, tenant, randomness.uniform(1, 5)))
    events: list[tuple[float, int, int, Job | None]] = []
    for number, (at_s, tenant, audio_s) in enumerate(sorted(arrivals)):
        heapq.heappush(events, (at_s, 1, number, Job((str(tenant), number), audio_s, queued_s=at_s, tenant=str(tenant))))
    idle, waits, refused = WORKERS, {True: [], False: []}, 0  # type: ignore[var-annotated]
    while events:
        now_s, kind, number, job = heapq.heappop(events)
        if kind == 0 and job is not None:
            idle += 1
            admission.release(job.tenant, job.audio_s, now_s)
            waits[job.tenant == "0"].append(now_s - job.queued_s)
        elif job is not None:
            try:
                admission.admit(job.tenant, job.audio_s, now_s)
                for shed in schedule.offer(job):
                    admission.release(shed.tenant, shed.audio_s, now_s)
                    refused += shed.tenant != "0"
            except (QuotaExceeded, TooFast):
                refused += job.tenant != "0"
            except Overloaded:
                admission.release(job.tenant, job.audio_s, now_s)
                refused += job.tenant != "0"
        while idle and (taken := schedule.take()) is not None:
            idle -= 1
            heapq.heappush(events, (now_s + taken.audio_s / WORKER_RATE, 0, taken.key[1], taken))
    return waits[False], waits[True], refused


def p95(values: list[float]) -> float:
    return sorted(values)[int(0.95 * len(values))]


@pytest.mark.parametrize("seed", range(3))
def test_one_tenant_at_ten_times_changes_the_others_waiting_by_at_most_a_tenth(seed: int) -> None:
    calm, _, _ = simulate(1, seed=seed)
    others, loud, refused = simulate(10, seed=seed)
    assert refused == 0
    assert p95(others) <= 1.10 * p95(calm)
    assert sum(others) / len(others) <= 1.10 * sum(calm) / len(calm)
    assert loud, "and the loud one still gets its quota"


def test_the_simulation_can_fail_without_quotas_the_others_do_wait() -> None:
    calm, _, _ = simulate(1, quota=Quota())
    others, _, _ = simulate(30, quota=Quota())
    assert p95(others) > 1.10 * p95(calm)


def test_even_without_quotas_turns_keep_the_others_inside_their_share() -> None:
    """Thirty times as much, more than the server can do: quiet tenants lose nothing and wait for a few segments, not for the flood."""
    others, loud, refused = simulate(30, quota=Quota())
    assert refused == 0
    assert p95(others) < 0.4
    assert p95(loud) > 2 * p95(others)
