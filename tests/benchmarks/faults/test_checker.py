"""A faithful history has no breach; every kind of harm done to one is seen, as exactly that harm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.faults import events as e
from benchmarks.faults.checker import BREACHES, Verdict, check

LENGTH = 1000


def expected(speaker: str, start_sample: int, end_sample: int) -> str:
    return f"{speaker} {start_sample} {end_sample}"


def told(who: str, *events: e.Event) -> list[e.Record]:
    return [e.Record(who, 0.0, event) for event in events]


def outcome(speaker: str, number: int, *, is_earlier: bool = False) -> e.Shown:
    start, end = number * LENGTH, number * LENGTH + 500
    return e.Shown(start, end, expected(speaker, start, end), is_earlier=is_earlier)


def run_of(speaker: str, run: int, numbers: Sequence[int], backlog: Sequence[int] = (), unshown: int = 0) -> list[e.Record]:
    """One run: answers in order, those of the run before among them; the last `unshown` are closed and never shown."""
    who, session = f"edge-{speaker}-{run}", f"session-{speaker}-{run}"
    shown = numbers[: len(numbers) - unshown]
    records = told(who, e.Joined(session))
    for number in numbers:
        records += told(who, e.Opened(number * LENGTH), e.Closed(number * LENGTH, number * LENGTH + 500))
    for position, (number, is_earlier) in enumerate([*((number, True) for number in backlog), *((number, False) for number in shown)]):
        said = outcome(speaker, number, is_earlier=is_earlier)
        records += told("server-1", e.Recognised(session, position, number), e.Answered(session, position, said.text))
        records += told(who, said)
    return records


@st.composite
def histories(draw: st.DrawFn) -> list[e.Record]:
    """Two speakers; each edge killed some times with some speech unanswered, which the next run shows."""
    records: list[e.Record] = []
    for speaker in ("a", "b"):
        number, left = 0, list[int]()
        runs = draw(st.integers(1, 3))
        for run in range(1, runs + 1):
            numbers = list(range(number, number + draw(st.integers(2, 4))))
            unshown = 0 if run == runs else draw(st.integers(0, len(numbers)))
            records += run_of(speaker, run, numbers, left, unshown)
            records += told(f"edge-{speaker}-{run}", e.Exited(0 if run == runs else -9, was_killed=run < runs))
            left, number = numbers[len(numbers) - unshown :], numbers[-1] + 1
    return records


def shown_at(records: Sequence[e.Record]) -> list[int]:
    return [index for index, record in enumerate(records) if isinstance(record.event, e.Shown)]


def breaches(records: Sequence[e.Record]) -> dict[str, int]:
    return {name: count for name, count in asdict(check(records, expected).verdict).items() if count}


@given(records=histories())
def test_a_faithful_history_has_no_breach_whatever_was_killed(records: list[e.Record]) -> None:
    found = check(records, expected)
    assert found.verdict == Verdict()
    assert found.verdict.is_kept
    assert found.segments == len(shown_at(records))
    assert found.shown_again == 0


@settings(max_examples=40)
@given(records=histories(), data=st.data())
def test_each_harm_is_counted_once_and_as_itself(records: list[e.Record], data: st.DataObject) -> None:
    at = data.draw(st.sampled_from(shown_at(records)))
    record, shown = records[at], records[at].event
    assert isinstance(shown, e.Shown)
    missing = [*records[:at], *records[at + 1 :]]
    assert breaches(missing) == {"lost": 1}
    again = check([*records[: at + 1], *told(f"edge-{record.speaker}-9", shown), *records[at + 1 :]], expected)
    assert again.verdict.doubled + again.shown_again == 1
    refused = replace(record, event=replace(shown, text=None, reason="INTERNAL"))
    assert breaches([*missing[:at], refused, *missing[at:]]) == {"lost": 1}
    assert check([*missing[:at], refused, *missing[at:]], expected).rejects == {"INTERNAL": 1}
    others = replace(record, event=replace(shown, text="what was never said"))
    assert breaches([*missing[:at], others, *missing[at:]]) == {"text_differs": 1, "foreign": 1}
    longer = replace(record, event=replace(shown, end_sample=shown.end_sample + 1))
    assert breaches([*missing[:at], longer, *missing[at:]]) == {"text_differs": 1}
    moved = replace(record, event=replace(shown, start_sample=shown.start_sample + 7))
    assert breaches([*missing[:at], moved, *missing[at:]])["invented"] == 1


@given(records=histories(), data=st.data())
def test_what_is_shown_out_of_order_within_a_run_is_seen(records: list[e.Record], data: st.DataObject) -> None:
    at = shown_at(records)
    pairs = [
        (i, j)
        for i in at
        for j in at
        if i < j and records[i].who == records[j].who and records[i].event.is_earlier is records[j].event.is_earlier  # type: ignore[union-attr]
    ]
    if pairs:
        first, second = data.draw(st.sampled_from(pairs))
        swapped = list(records)
        swapped[first], swapped[second] = records[second], records[first]
        assert breaches(swapped).keys() == {"reordered"}


def test_the_last_outcome_of_a_killed_run_may_come_once_more_and_no_other_may() -> None:
    first = [*run_of("a", 1, [0, 1]), *told("edge-a-1", e.Exited(-9, was_killed=True))]
    again = run_of("a", 2, [2], backlog=[1])
    assert breaches([*first, *again]) == {}
    assert check([*first, *again], expected).shown_again == 1
    assert breaches([*first, *again, *run_of("a", 3, [3], backlog=[1])]) == {"doubled": 1}
    assert breaches([*first, *run_of("a", 2, [2], backlog=[0])]) == {"doubled": 1}
    assert breaches([*run_of("a", 1, [0, 1]), *again]) == {"doubled": 1}, "nobody killed it"


def test_what_an_edge_gave_up_on_may_still_be_heard_and_is_lost_until_then() -> None:
    gave_up = replace(outcome("a", 1), text=None, reason="UNAVAILABLE")
    records = [*run_of("a", 1, [0, 1], unshown=1), *told("edge-a-1", gave_up)]
    assert breaches(records) == {"lost": 1}
    assert breaches([*records, *run_of("a", 2, [2], backlog=[1])]) == {}


def test_what_another_speaker_said_is_foreign_even_if_it_was_said() -> None:
    records = run_of("a", 1, [0]) + run_of("b", 1, [0])
    theirs = [
        replace(r, event=replace(r.event, text=expected("b", 0, 500))) if r.who == "edge-a-1" and isinstance(r.event, e.Shown) else r for r in records
    ]
    assert breaches(theirs) == {"text_differs": 1, "foreign": 1}


def test_a_server_that_recognises_what_it_has_answered_is_seen() -> None:
    recognised, answered = e.Recognised("s", 1, 77), e.Answered("s", 1, "words")
    assert breaches(told("server-1", recognised, recognised, answered)) == {}
    assert breaches(told("server-1", recognised, answered, recognised)) == {"recognised_again": 1}
    assert breaches(told("server-1", recognised, answered, replace(recognised, crc32c=78))) == {}, "other audio is another segment"
    assert breaches([*told("server-1", recognised, answered), *told("server-2", recognised)]) == {}, "a new server knows nothing"
    refused = replace(answered, text=None)
    assert breaches(told("server-1", recognised, refused, recognised)) == {}


def test_gauges_that_do_not_come_back_are_named() -> None:
    before = e.Vitals(0, 0.0, 20, 9, 12, 2)
    after = replace(before, descriptors=21, streams=1, threads=8, is_after=True)
    found = check(told("server-3", before, after), expected)
    assert found.left == ("server-3 streams: 0 -> 1", "server-3 descriptors: 20 -> 21")
    assert found.verdict.left_behind == 2
    assert breaches(told("server-3", before, replace(before, is_after=True))) == {}


@pytest.mark.parametrize(
    ("flood", "is_breach"),
    [
        (e.Flooded(8, 8, 4, 40.0, 60.0), False),
        (e.Flooded(8, 8, 0, 80.0, 60.0), True),
        (e.Flooded(8, 8, 0, 50.0, 60.0), True),
        (e.Flooded(8, 7, 4, 40.0, 60.0), True),
    ],
)
def test_a_flood_must_be_refused_within_the_limit_and_answered_whole(flood: e.Flooded, is_breach: bool) -> None:
    assert breaches(told("harness", flood)) == ({"over_limit": 1} if is_breach else {})


def test_a_process_that_ended_by_itself_badly_is_seen_and_a_killed_one_is_not() -> None:
    assert breaches(told("server-1", e.Exited(-9, was_killed=True)) + told("server-2", e.Exited(0, was_killed=False))) == {}
    assert breaches(told("edge-a-1", e.Exited(1, was_killed=False))) == {"bad_exits": 1}


def test_every_breach_alone_breaks_the_promise() -> None:
    assert all(not Verdict(**{name: 1}).is_kept for name in BREACHES)
