"""What happened at this edge since its last report, for a server to add up. Pure: time enters as a number, and nothing is sent from here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from edge_client.ledger import SegmentOutcome
from protos import messages as m


@dataclass(frozen=True, slots=True)
class Totals:
    """Where counters stood at a moment; none of them ever falls."""

    captured: int = 0
    """Samples, as are the next two."""
    voiced: int = 0
    missed: int = 0
    accepted_bytes: int = 0
    overruns: int = 0
    reconnects: int = 0
    reconnects_asked: int = 0
    connect_failures: int = 0
    lost_earlier: int = 0
    """Segments of earlier runs that had to make room."""


class Reports:
    def __init__(self, now_s: float, *, has_spool: bool) -> None:
        """has_spool: speech without an answer is kept for the next run, and is not lost."""
        self._has_spool = has_spool
        self._then, self.last_s = Totals(), now_s
        self._outcomes: Counter[str] = Counter()
        self._end_to_end: list[float] = []
        self._first_interim: list[float] = []
        self._opened_s: dict[int, float] = {}

    def opened(self, segment_id: int, now_s: float) -> None:
        self._opened_s[segment_id] = now_s

    def interim(self, segment_id: int, now_s: float) -> None:
        """The first one of a segment counts."""
        opened_s = self._opened_s.pop(segment_id, None)
        if opened_s is not None and len(self._first_interim) < m.MAX_REPORTED_TIMES:
            self._first_interim.append(now_s - opened_s)

    def shown(self, outcome: SegmentOutcome) -> None:
        self._opened_s.pop(outcome.segment_id, None)
        self._count(outcome)
        if isinstance(outcome.answer, m.Result) and len(self._end_to_end) < m.MAX_REPORTED_TIMES:
            self._end_to_end.append(outcome.end_to_end_s)

    def recovered(self, outcome: SegmentOutcome) -> None:
        """An earlier run's; how long that took is nobody's waiting."""
        self._outcomes["spool_recovered"] += 1
        self._count(outcome)

    def take(self, now_s: float, totals: Totals, now: m.EdgeReport) -> m.EdgeReport:
        """The differences, each given out once. now: what is no counter (microphone state, what is in the outbox) and is passed on as it is."""
        then, rate = self._then, m.SAMPLE_RATE_HZ
        captured, sent_bytes = totals.captured - then.captured, totals.accepted_bytes - then.accepted_bytes
        outcomes = self._outcomes
        report = replace(
            now,
            period=now_s - self.last_s,
            captured=captured / rate,
            voiced=(totals.voiced - then.voiced) / rate,
            sent=sent_bytes / m.BYTES_PER_SAMPLE / rate,
            bytes_sent=sent_bytes,
            bytes_saved=max(0, captured * m.BYTES_PER_SAMPLE - sent_bytes),
            speech_missed=(totals.missed - then.missed) / rate,
            overruns=totals.overruns - then.overruns,
            reconnects=totals.reconnects - then.reconnects,
            reconnects_asked=totals.reconnects_asked - then.reconnects_asked,
            connect_failures=totals.connect_failures - then.connect_failures,
            finals=outcomes["finals"],
            empties=outcomes["empties"],
            rejected=outcomes["rejected"],
            lost=outcomes["lost"] + totals.lost_earlier - then.lost_earlier,
            spool_recovered=outcomes["spool_recovered"],
            end_to_end=tuple(self._end_to_end),
            first_interim=tuple(self._first_interim),
        )
        self._then, self.last_s = totals, now_s
        self._outcomes, self._end_to_end, self._first_interim = Counter(), [], []
        return report

    def _count(self, outcome: SegmentOutcome) -> None:
        match outcome.answer:
            case m.Result(final_reason=m.FinalReason.RECOGNIZED):
                self._outcomes["finals"] += 1
            case m.Result():
                self._outcomes["empties"] += 1
            case m.Reject(reason=m.RejectReason.SPOOL_FULL):
                self._outcomes["lost"] += 1
            case m.Reject(reason=m.RejectReason.UNAVAILABLE):
                self._outcomes["lost"] += 0 if self._has_spool else 1
            case m.Reject():
                self._outcomes["rejected"] += 1
