"""Which segments are open, closed and answered; each leaves as one outcome, in the order it was spoken. Pure: time enters as a number."""

from __future__ import annotations

from dataclasses import dataclass

from protos.messages import FinalReason, Reject, RejectReason, Result, SearchOutcome, SearchResults


@dataclass(frozen=True, slots=True)
class SegmentOutcome:
    segment_id: int
    start_sample: int
    end_sample: int
    """One past the last sample."""
    answer: Result | Reject
    results: SearchResults | None
    end_to_end_s: float
    """From handing over the segment's end to its last answer; 0 if it was answered before it ended."""


@dataclass(slots=True)
class _Entry:
    start_sample: int
    end_sample: int = 0
    closed_s: float | None = None
    answer: Result | Reject | None = None
    results: SearchResults | None = None
    answered_s: float = 0.0

    @property
    def is_answered(self) -> bool:
        """With hits, if there are words to search for."""
        if self.answer is None:
            return False
        return isinstance(self.answer, Reject) or self.answer.final_reason is not FinalReason.RECOGNIZED or self.results is not None


class Ledger:
    """`open` and `close` as the segmenter says, `answer` and `found` as the server does, `take` what is complete.

    The first answer to a segment stands; a second one, and one to a segment that is not here, change nothing.
    """

    def __init__(self) -> None:
        self._entries: dict[int, _Entry] = {}
        self._last_answer_s = 0.0

    def open(self, segment_id: int, start_sample: int) -> None:
        self._entries[segment_id] = _Entry(start_sample)

    def close(self, segment_id: int, end_sample: int, now_s: float) -> None:
        entry = self._entries[segment_id]
        entry.end_sample, entry.closed_s = end_sample, now_s

    def answer(self, answer: Result | Reject, now_s: float) -> None:
        """The server's word."""
        if self._settle(answer, now_s):
            self._last_answer_s = now_s

    def lose(self, reject: Reject, now_s: float) -> None:
        """The edge's own word, which is no sign of life from the server."""
        self._settle(reject, now_s)

    def found(self, results: SearchResults, now_s: float) -> None:
        entry = self._entries.get(results.segment_id)
        if entry is not None and entry.results is None:
            entry.results, entry.answered_s = results, now_s
            self._last_answer_s = now_s

    def give_up(self, message: str, now_s: float) -> None:
        """No answer will come any more: what is closed ends as lost, aloud. A transcript whose hits never came keeps standing."""
        for segment_id, entry in self._entries.items():
            if entry.closed_s is None or entry.is_answered:
                continue
            if entry.answer is None:
                self.lose(Reject(segment_id, RejectReason.UNAVAILABLE, None, message), now_s)
            else:
                self.found(SearchResults(segment_id, outcome=SearchOutcome.UNAVAILABLE), now_s)

    def take(self) -> list[SegmentOutcome]:
        """What is closed and answered, up to the first segment that is not; each is given out once."""
        outcomes = []
        for segment_id, entry in list(self._entries.items()):
            if entry.closed_s is None or entry.answer is None or not entry.is_answered:
                break
            del self._entries[segment_id]
            waited_s = max(0.0, entry.answered_s - entry.closed_s)
            outcomes.append(SegmentOutcome(segment_id, entry.start_sample, entry.end_sample, entry.answer, entry.results, waited_s))
        return outcomes

    def _settle(self, answer: Result | Reject, now_s: float) -> bool:
        """Whether it was the segment's first answer."""
        entry = self._entries.get(answer.segment_id)
        if entry is None or entry.answer is not None:
            return False
        entry.answer, entry.answered_s = answer, now_s
        return True

    @property
    def is_empty(self) -> bool:
        return not self._entries

    @property
    def unanswered_samples(self) -> int:
        """Of segments that are closed."""
        return sum(entry.end_sample - entry.start_sample for entry in self._entries.values() if entry.closed_s is not None and not entry.is_answered)

    @property
    def oldest_unanswered_s(self) -> float | None:
        """When the oldest closed segment without an answer ended; None: there is none."""
        return next((entry.closed_s for entry in self._entries.values() if entry.closed_s is not None and not entry.is_answered), None)

    def patience_ends_s(self, connected_s: float, answer_timeout_s: float, hits_timeout_s: float) -> float | None:
        """When to wait no longer on a connection of that age: for a server that answers nothing at all, or for the hits of a transcript.

        None: nothing waits.
        """
        oldest_s = self.oldest_unanswered_s
        if oldest_s is None:
            return None
        heard_s = [entry.answered_s for entry in self._entries.values() if entry.answer is not None and not entry.is_answered]
        ends_s = [max(at_s, connected_s) + hits_timeout_s for at_s in heard_s]
        return min([max(oldest_s, self._last_answer_s, connected_s) + answer_timeout_s, *ends_s])

    def miss_hits(self, before_s: float) -> bool:
        """Transcripts answered before then stand without hits, as UNAVAILABLE. Returns: whether there were any."""
        is_any_missed = False
        for segment_id, entry in self._entries.items():
            if entry.answer is not None and not entry.is_answered and entry.answered_s <= before_s:
                entry.results, is_any_missed = SearchResults(segment_id, outcome=SearchOutcome.UNAVAILABLE), True
        return is_any_missed
