"""Does a history keep the promises? V1 to V6 of what docs/reliability.md says, judged off line from what edges and servers wrote down. Pure.

V1 every closed segment ends as exactly one outcome      lost, doubled, invented
V2 what was shown never changes nor comes twice          doubled, recognised_again
V3 outcomes are shown in the order they were spoken      reordered
V4 the text is that of a run without faults              text_differs
V5 nobody sees what another said                         foreign
V6 afterwards a server holds what it held before         left_behind

One repeat is no breach, only counted (`shown_again`): the last outcome that a killed run showed. Between showing and forgetting lies a moment,
and who dies in it shows the same again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import pairwise

from benchmarks.faults.events import Answered, Closed, Exited, Flooded, Joined, Opened, Recognised, Record, Shown, Vitals

Expected = Callable[[str, int, int], str]
"""(speaker, start_sample, end_sample) -> the words of a run without faults."""
GAVE_UP = "UNAVAILABLE"
"""Not lost yet: what was shown so stays in the spool, and the next run sends it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    lost: int = 0
    doubled: int = 0
    reordered: int = 0
    text_differs: int = 0
    invented: int = 0
    foreign: int = 0
    recognised_again: int = 0
    """By a server that had answered it."""
    left_behind: int = 0
    """Gauges that are higher after the last edge than before the first."""
    over_limit: int = 0
    """Floods that a server took in beyond its own limit, or did not answer."""
    bad_exits: int = 0
    """Processes that ended otherwise than they were told to."""

    @property
    def is_kept(self) -> bool:
        return not any(asdict(self).values())


BREACHES = tuple(field.name for field in fields(Verdict))


@dataclass(frozen=True, slots=True)
class Findings:
    verdict: Verdict
    segments: int
    """Closed by edges."""
    shown_again: int
    rejects: dict[str, int]
    """Outcomes without words, by reason."""
    left: tuple[str, ...]
    """What is behind `left_behind`."""


def check(records: Sequence[Record], expected: Expected) -> Findings:
    speakers = {record.speaker for record in records if record.speaker}
    seen = [_Speaker(name, [record for record in records if record.speaker == name]) for name in sorted(speakers)]
    said = _said(records)
    left = _left_behind(records)
    verdict = Verdict(
        lost=sum(speaker.lost for speaker in seen),
        doubled=sum(speaker.doubled for speaker in seen),
        reordered=sum(speaker.reordered for speaker in seen),
        text_differs=sum(speaker.text_differs(expected) for speaker in seen),
        invented=sum(speaker.invented for speaker in seen),
        foreign=sum(speaker.foreign(said) for speaker in seen),
        recognised_again=_recognised_again(records),
        left_behind=len(left),
        over_limit=sum(is_over_limit(record.event) for record in records if isinstance(record.event, Flooded)),
        bad_exits=sum(record.event.code != 0 and not record.event.was_killed for record in records if isinstance(record.event, Exited)),
    )
    rejects = Counter(record.event.reason for record in records if isinstance(record.event, Shown) and record.event.text is None)
    return Findings(verdict, sum(len(speaker.closed) for speaker in seen), sum(speaker.shown_again for speaker in seen), dict(rejects), left)


class _Speaker:
    """One person, through all runs of their edge."""

    def __init__(self, name: str, records: Sequence[Record]) -> None:
        self.name = name
        events = [record.event for record in records]
        self.closed = {event.start_sample: event.end_sample for event in events if isinstance(event, Closed)}
        self.opened = {event.start_sample for event in events if isinstance(event, Opened)}
        self.sessions = {event.session_id for event in events if isinstance(event, Joined)}
        self.shown = [event for event in events if isinstance(event, Shown)]
        self.by_run: dict[str, list[Shown]] = defaultdict(list)
        for record in records:
            if isinstance(record.event, Shown):
                self.by_run[record.who].append(record.event)
        killed = {record.who for record in records if isinstance(record.event, Exited) and record.event.was_killed}
        self._last_of_killed = [shown[-1] for who, shown in self.by_run.items() if who in killed]
        self.doubled = self.shown_again = 0
        self._count_repeats()

    @property
    def lost(self) -> int:
        return len(self.closed.keys() - {shown.start_sample for shown in self.shown if shown.text is not None})

    @property
    def invented(self) -> int:
        return sum(shown.start_sample not in self.opened for shown in self.shown)

    @property
    def reordered(self) -> int:
        """Within a run, its own speech and that of earlier runs each by itself: what is spoken now goes first."""
        orders = [[shown.start_sample for shown in run if shown.is_earlier is earlier] for run in self.by_run.values() for earlier in (False, True)]
        return sum(later < before for order in orders for before, later in pairwise(order))

    def text_differs(self, expected: Expected) -> int:
        heard = [shown for shown in self.shown if shown.text is not None]
        return sum(
            shown.text != expected(self.name, shown.start_sample, shown.end_sample)
            or self.closed.get(shown.start_sample, shown.end_sample) != shown.end_sample
            for shown in heard
        )

    def foreign(self, said: dict[str, set[str]]) -> int:
        """Shown, and not said by a server to a session of this edge."""
        own = set[str]().union(*(said.get(session_id, set()) for session_id in self.sessions))
        return sum(shown.text is not None and shown.text not in own for shown in self.shown)

    def _count_repeats(self) -> None:
        before: dict[int, Shown] = {}
        for shown in self.shown:
            earlier = before.get(shown.start_sample)
            if earlier is not None and not (earlier.text is None and earlier.reason == GAVE_UP):
                if earlier in self._last_of_killed and (earlier.text, earlier.reason) == (shown.text, shown.reason):
                    self.shown_again += 1
                    self._last_of_killed.remove(earlier)
                else:
                    self.doubled += 1
            before[shown.start_sample] = shown


def _said(records: Sequence[Record]) -> dict[str, set[str]]:
    """What servers answered to each session."""
    said: dict[str, set[str]] = defaultdict(set)
    for record in records:
        if isinstance(record.event, Answered) and record.event.text is not None:
            said[record.event.session_id].add(record.event.text)
    return said


def _recognised_again(records: Sequence[Record]) -> int:
    """The same audio of the same segment, by one server, which had answered it: it forgot, or never knew."""
    crcs: dict[tuple[str, str, int], int] = {}
    answered: set[tuple[str, str, int, int]] = set()
    count = 0
    for record in records:
        match record.event:
            case Recognised(session_id, segment_id, crc):
                key = record.who, session_id, segment_id
                count += (*key, crc) in answered
                crcs[key] = crc
            case Answered(session_id, segment_id, text) if text is not None:
                key = record.who, session_id, segment_id
                if key in crcs:
                    answered.add((*key, crcs[key]))
            case _:
                pass
    return count


def _left_behind(records: Sequence[Record]) -> tuple[str, ...]:
    before = {record.who: record.event for record in records if isinstance(record.event, Vitals) and not record.event.is_after}
    after = {record.who: record.event for record in records if isinstance(record.event, Vitals) and record.event.is_after}
    gauges = [field.name for field in fields(Vitals) if field.name != "is_after"]
    pairs = [(who, before[who], vitals) for who, vitals in sorted(after.items()) if who in before]
    return tuple(
        f"{who} {gauge}: {getattr(then, gauge):g} -> {getattr(now, gauge):g}"
        for who, then, now in pairs
        for gauge in gauges
        if getattr(now, gauge) > getattr(then, gauge)
    )


def is_over_limit(flood: Flooded) -> bool:
    return flood.most_queued_s > flood.limit_s or flood.answered != flood.sent or not flood.rejected
