"""Whatever is answered, in whatever order: one outcome for each segment, in the order of speech."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_client.ledger import Ledger
from protos.messages import FinalReason, Hypothesis, Reject, RejectReason, Result, SearchOutcome, SearchResults

STEPS = ("close", "recognised", "empty", "reject", "found", "take", "give up")


def recognised(segment_id: int) -> Result:
    return Result(segment_id, FinalReason.RECOGNIZED, (Hypothesis("pie"),), is_final=True)


def ledger_of(*segment_ids: int) -> Ledger:
    """Each of 100 samples, closed at second 10."""
    ledger = Ledger()
    for segment_id in segment_ids:
        ledger.open(segment_id, segment_id * 1000)
        ledger.close(segment_id, segment_id * 1000 + 100, 10.0)
    return ledger


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 5)), max_size=60))
def test_every_segment_is_given_out_once_and_in_order(steps: list[tuple[str, int]]) -> None:
    ledger, taken, closed = Ledger(), [], set()
    for number in range(1, 6):
        ledger.open(number, number * 1000)
    for now_s, (step, number) in enumerate(steps):
        match step:
            case "close" if number not in closed:
                closed.add(number)
                ledger.close(number, number * 1000 + 100, now_s)
            case "recognised":
                ledger.answer(recognised(number), now_s)
            case "empty":
                ledger.answer(Result(number, FinalReason.NO_SPEECH, is_final=True), now_s)
            case "reject":
                ledger.answer(Reject(number, RejectReason.OVERLOADED), now_s)
            case "found":
                ledger.found(SearchResults(number), now_s)
            case "give up":
                ledger.give_up("gone", now_s)
            case "take":
                taken += ledger.take()
    for number in set(range(1, 6)) - closed:
        ledger.close(number, number * 1000 + 100, 99.0)
    ledger.give_up("gone", 99.0)
    taken += ledger.take()
    assert [outcome.segment_id for outcome in taken] == [1, 2, 3, 4, 5]
    assert all(outcome.answer.segment_id == outcome.segment_id and outcome.end_to_end_s >= 0 for outcome in taken)
    assert ledger.is_empty
    assert ledger.patience_ends_s(0.0, 30.0, 3.0) is None


def test_a_later_segment_waits_for_the_one_before() -> None:
    ledger = ledger_of(1, 2)
    ledger.answer(Reject(2, RejectReason.OVERLOADED), 11.0)
    assert ledger.take() == []
    ledger.answer(Reject(1, RejectReason.QUOTA), 12.0)
    assert [outcome.segment_id for outcome in ledger.take()] == [1, 2]


def test_words_are_complete_with_their_hits_and_timed_to_the_last_of_both() -> None:
    ledger = ledger_of(1)
    ledger.answer(recognised(1), 10.5)
    assert ledger.take() == []
    ledger.found(SearchResults(1, outcome=SearchOutcome.FOUND), 10.75)
    (outcome,) = ledger.take()
    assert (outcome.start_sample, outcome.end_sample, outcome.end_to_end_s) == (1000, 1100, 0.75)


def test_the_first_answer_stands() -> None:
    ledger = ledger_of(1)
    ledger.answer(Reject(1, RejectReason.SPOOL_FULL), 10.0)
    ledger.answer(recognised(1), 11.0)
    (outcome,) = ledger.take()
    assert isinstance(outcome.answer, Reject)
    ledger.answer(recognised(1), 12.0)
    assert ledger.take() == []


def test_giving_up_leaves_open_segments_open_and_transcripts_standing() -> None:
    ledger = ledger_of(1, 2)
    ledger.open(3, 3000)
    ledger.answer(recognised(1), 10.0)
    ledger.give_up("the server went away", 11.0)
    first, second = ledger.take()
    assert first.answer == recognised(1)
    assert first.results == SearchResults(1, outcome=SearchOutcome.UNAVAILABLE)
    assert second.answer == Reject(2, RejectReason.UNAVAILABLE, None, "the server went away")
    assert not ledger.is_empty


@pytest.mark.parametrize(("answers", "samples", "since_s"), [([], 300, 10.0), ([(1, 12.0)], 200, 12.0), ([(1, 12.0), (2, 13.0), (3, 14.0)], 0, None)])
def test_patience_begins_anew_with_each_answer(answers: list[tuple[int, float]], samples: int, since_s: float | None) -> None:
    ledger = ledger_of(1, 2, 3)
    ledger.open(4, 4000)
    for segment_id, now_s in answers:
        ledger.answer(Reject(segment_id, RejectReason.OVERLOADED), now_s)
    assert ledger.unanswered_samples == samples
    assert ledger.patience_ends_s(0.0, 30.0, 3.0) == (None if since_s is None else since_s + 30.0)


def test_hits_are_waited_for_less_long_than_words_and_from_the_newest_connection_on() -> None:
    ledger = ledger_of(1, 2)
    ledger.answer(recognised(1), 10.5)
    assert ledger.patience_ends_s(0.0, 30.0, 3.0) == 13.5
    assert ledger.patience_ends_s(12.0, 30.0, 3.0) == 15.0
    assert not ledger.miss_hits(10.4)
    assert ledger.miss_hits(10.5)
    (outcome,) = ledger.take()
    assert outcome.results is not None
    assert outcome.results.outcome is SearchOutcome.UNAVAILABLE
    assert ledger.patience_ends_s(0.0, 30.0, 3.0) == 40.5
