"""The judge of floods: each broken promise is named, and a kept one is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.overload.verdict import FINAL, LOST, Asked, Phases, broken, fairness, figures, peak_s_per_s, recovery_s, restless, unfair


def finals(count: int, waited_s: float, begin_s: float = 0.0, every_s: float = 0.1, tenant: str = "") -> list[Asked]:
    return [Asked(tenant, 2.0, due, due, due + waited_s, FINAL) for due in (begin_s + number * every_s for number in range(count))]


def rejects(count: int, waited_s: float, begin_s: float = 10.0) -> list[Asked]:
    return [replace(one, outcome="OVERLOADED", retry_after_s=0.5) for one in finals(count, waited_s, begin_s, 0.01)]


def flood(answered: list[Asked], refused: list[Asked], after: list[Asked] | None = None) -> Phases:
    """Ten seconds of calm, ten of flood and ten after; the peak is twenty audio seconds a second."""
    calm = finals(50, 0.1, every_s=0.2)
    return Phases(20.0, calm, [*answered, *refused], 10.0, 10.0, finals(50, 0.1, 20.0, 0.2) if after is None else after)


GOOD = finals(95, 0.8, 10.0, 9.0 / 95)


def test_a_flood_that_is_refused_quickly_and_shared_out_keeps_every_promise() -> None:
    found = figures(flood(GOOD, rejects(900, 0.01)))
    assert broken(found) == []
    assert (found["goodput_share"], found["rejected"], found["recovery_seconds"]) == (0.95, 900, 0.0)


@pytest.mark.parametrize(
    ("phases", "words"),
    [
        (flood(GOOD[:80], rejects(900, 0.01)), "goodput is 80%"),
        (flood([*GOOD, *finals(20, 1.5, 18.0)], []), "p95 of accepted segments is 1.5 s"),
        (flood(GOOD, rejects(900, 0.06)), "p99 of rejects is 0.06 s"),
        (flood(GOOD, [replace(rejects(1, 0.01)[0], retry_after_s=0.0)]), "1 rejects named no time"),
        (flood(GOOD, [Asked("", 2.0, 10.0, 10.0, None, LOST)]), "1 segments were never answered"),
        (flood(GOOD, rejects(900, 0.01), finals(50, 3.0, 20.0, 0.2)), "normal again after None s"),
        (flood(GOOD, rejects(900, 0.01), []), "normal again after None s"),
    ],
)
def test_a_promise_that_is_broken_is_named_alone(phases: Phases, words: str) -> None:
    (said,) = broken(figures(phases))
    assert words in said


def test_what_was_answered_too_late_or_after_the_flood_is_no_goodput() -> None:
    late = [replace(one, answered_s=one.due_s + 1.01) for one in GOOD]
    assert figures(flood(late, []))["goodput_share"] == 0.0
    assert figures(flood(finals(95, 0.5, 19.6, 0.001), []))["goodput_share"] == 0.0


@pytest.mark.parametrize(("slow", "refused", "expected"), [(0, 0, 0.0), (15, 0, 3.0), (0, 8, 2.0), (50, 0, None)])
def test_recovery_is_the_first_second_after_the_last_bad_one(slow: int, refused: int, expected: float | None) -> None:
    """Five segments a second: the first `slow` wait, the first `refused` are refused."""
    after = finals(50, 0.1, 20.0, 0.2)
    after = [replace(one, answered_s=one.due_s + 2.0) if number < slow else one for number, one in enumerate(after)]
    after = [replace(one, outcome="OVERLOADED") if number < refused else one for number, one in enumerate(after)]
    assert recovery_s(flood(GOOD, [], after)) == expected


def test_the_peak_is_audio_a_second_between_the_first_answer_and_the_last() -> None:
    assert peak_s_per_s(finals(11, 0.5, every_s=0.1)) == pytest.approx(20.0)
    assert peak_s_per_s(finals(1, 0.5)) == peak_s_per_s([]) == 0.0


def tenants(others_waited_s: float, loud_outcome: str = FINAL, other_outcome: str = FINAL) -> list[Asked]:
    loud = [replace(one, outcome=loud_outcome) for one in finals(100, 3.0, tenant="loud")]
    return [*loud, *(replace(one, outcome=other_outcome) for one in finals(100, others_waited_s, tenant="quiet"))]


def test_others_who_notice_little_are_treated_fairly() -> None:
    assert unfair(fairness(tenants(0.100), tenants(0.109), "loud")) == []


@pytest.mark.parametrize(
    ("loud", "words"),
    [
        (tenants(0.111), "the others' p95 changed by 0.11"),
        (tenants(0.1, loud_outcome="QUOTA"), "the loud tenant got nothing"),
    ],
)
def test_what_is_unfair_is_named(loud: list[Asked], words: str) -> None:
    (said,) = unfair(fairness(tenants(0.1), loud, "loud"))
    assert words in said


def test_a_refused_segment_of_the_others_is_unfair_however_fast_the_rest_was() -> None:
    refused = [*tenants(0.1), *(replace(one, outcome="OVERLOADED") for one in finals(1, 0.01, tenant="quiet"))]
    assert unfair(fairness(tenants(0.1), refused, "loud")) == ["1 segments of the others were refused"]


def stillness(**changed: object) -> dict[str, object]:
    kept: dict[str, object] = {
        "idle": {"streams": 100, "core_share": 0.004},
        "silence": {"reconnects": 0},
        "half_open_seconds": {"edge": 14.0, "server": 13.5},
        "backlog": {"audio_seconds": 60.0, "segments": 12, "answered": 12, "seconds": 4.0},
    }
    return {**kept, **changed}


def test_silence_that_costs_little_and_a_quick_return_keep_every_promise() -> None:
    assert restless(stillness()) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"idle": {"streams": 100, "core_share": 0.011}}, "100 idle streams take 1.10% of a core"),
        ({"silence": {"reconnects": 1}}, "1 reconnects in silence"),
        ({"half_open_seconds": {"edge": 14.0, "server": 15.1}}, "half-open link was found after"),
        ({"backlog": {"audio_seconds": 60.0, "segments": 12, "answered": 12, "seconds": 31.0}}, "took 31 s, promised 30 s"),
        ({"backlog": {"audio_seconds": 60.0, "segments": 12, "answered": 11, "seconds": 4.0}}, "11 of 12 segments"),
    ],
)
def test_what_silence_or_a_return_costs_too_much_is_named(changed: dict[str, object], words: str) -> None:
    (said,) = restless(stillness(**changed))
    assert words in said
