"""Differences, each told once; an outcome is one of four, or none where speech waits for the next run."""

from __future__ import annotations

import pytest

from edge_client.ledger import SegmentOutcome
from edge_client.reports import Reports, Totals
from protos import messages as m


def outcome(answer: m.Result | m.Reject, end_to_end_s: float = 0.25) -> SegmentOutcome:
    return SegmentOutcome(answer.segment_id, 0, 16_000, answer, None, end_to_end_s)


def reject(reason: m.RejectReason) -> SegmentOutcome:
    return outcome(m.Reject(1, reason, None, "why"))


FINAL = outcome(m.Result(1, m.FinalReason.RECOGNIZED, is_final=True))
EMPTY = outcome(m.Result(1, m.FinalReason.NO_SPEECH, is_final=True))


def test_counters_travel_as_differences() -> None:
    reports = Reports(10.0, has_spool=False)
    first = reports.take(40.0, Totals(480_000, 160_000, 16_000, 320_000, 1, 2, 1, 4, 0), m.EdgeReport(spooled_segments=3))
    second = reports.take(70.0, Totals(960_000, 160_000, 16_000, 320_000, 1, 3, 1, 4, 2), m.EdgeReport())
    assert (first.period, first.captured, first.voiced, first.speech_missed, first.sent) == (30.0, 30.0, 10.0, 1.0, 10.0)
    assert (first.bytes_sent, first.bytes_saved, first.spooled_segments) == (320_000, 640_000, 3)
    assert (first.overruns, first.reconnects, first.reconnects_asked, first.connect_failures, first.lost) == (1, 2, 1, 4, 0)
    assert (second.captured, second.voiced, second.reconnects, second.connect_failures, second.lost) == (30.0, 0.0, 1, 0, 2)


@pytest.mark.parametrize(
    ("shown", "has_spool", "told"),
    [
        (FINAL, False, (1, 0, 0, 0)),
        (EMPTY, False, (0, 1, 0, 0)),
        (reject(m.RejectReason.OVERLOADED), False, (0, 0, 1, 0)),
        (reject(m.RejectReason.SPOOL_FULL), True, (0, 0, 0, 1)),
        (reject(m.RejectReason.UNAVAILABLE), False, (0, 0, 0, 1)),
        (reject(m.RejectReason.UNAVAILABLE), True, (0, 0, 0, 0)),
    ],
)
def test_an_outcome_is_counted_as_what_its_speaker_was_shown(shown: SegmentOutcome, has_spool: bool, told: tuple[int, ...]) -> None:
    reports = Reports(0.0, has_spool=has_spool)
    reports.shown(shown)
    report = reports.take(1.0, Totals(), m.EdgeReport())
    assert (report.finals, report.empties, report.rejected, report.lost) == told
    again = reports.take(2.0, Totals(), m.EdgeReport())
    assert (again.finals, again.empties, again.rejected, again.lost, again.end_to_end) == (0, 0, 0, 0, ())


def test_only_what_was_answered_has_a_waiting_time_and_at_most_so_many_are_told() -> None:
    reports = Reports(0.0, has_spool=False)
    reports.shown(reject(m.RejectReason.OVERLOADED))
    for _ in range(m.MAX_REPORTED_TIMES + 5):
        reports.shown(FINAL)
    report = reports.take(1.0, Totals(), m.EdgeReport())
    assert report.end_to_end == (0.25,) * m.MAX_REPORTED_TIMES
    assert report.finals == m.MAX_REPORTED_TIMES + 5


def test_the_first_interim_result_of_a_segment_counts_and_no_later_one() -> None:
    reports = Reports(0.0, has_spool=False)
    reports.opened(1, 1.0)
    for now_s in (1.5, 1.75):
        reports.interim(1, now_s)
    reports.interim(7, 2.0)
    assert reports.take(3.0, Totals(), m.EdgeReport()).first_interim == (0.5,)


def test_what_an_earlier_run_left_is_counted_without_a_waiting_time() -> None:
    reports = Reports(0.0, has_spool=True)
    reports.recovered(FINAL)
    report = reports.take(1.0, Totals(), m.EdgeReport())
    assert (report.spool_recovered, report.finals, report.end_to_end) == (1, 1, ())
