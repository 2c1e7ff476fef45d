"""Which segment runs next: a queue bounded in audio seconds, live before catch-up, first in first out within. Pure: no clock.

The bound is in audio seconds because that is what work costs: ten short queries and one long dictation are not eleven equal things. A backlog may
fill only half of it, so catching up after an outage never refuses somebody who is speaking now.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from protos.errors import Overloaded
from protos.messages import Priority

CATCHUP_SHARE = 0.5
# Audio seconds recognised a second by one worker before anything was measured; the first few segments correct it.
INITIAL_RATE = 50.0
RATE_SMOOTHING = 0.2
MIN_RETRY_AFTER_S = 0.25


@dataclass(frozen=True, slots=True)
class Job:
    """One segment waiting for a worker."""

    key: tuple[str, int]
    """(stream id, segment id): unique among the queued."""
    audio_s: float
    priority: Priority = Priority.LIVE
    queued_s: float = 0.0
    """When it was offered."""
    deadline_s: float | None = None
    """On the same clock; an answer later than this is of no use."""
    tenant: str = ""


@dataclass(slots=True)
class Schedule:
    """Not thread-safe: one owner, one event loop."""

    max_queued_audio_s: float
    workers: int = 1
    _lanes: dict[Priority, OrderedDict[tuple[str, int], Job]] = field(init=False)
    _rate: float = field(default=INITIAL_RATE, init=False)

    def __post_init__(self) -> None:
        self._lanes = {Priority.LIVE: OrderedDict(), Priority.CATCHUP: OrderedDict()}

    def __len__(self) -> int:
        return sum(len(lane) for lane in self._lanes.values())

    def queued_audio_s(self, priority: Priority | None = None) -> float:
        lanes = self._lanes.values() if priority is None else [self._lanes[priority]]
        return sum(job.audio_s for lane in lanes for job in lane.values())

    def offer(self, job: Job) -> None:
        """Raises: Overloaded: no room for it; says when to come back."""
        queued, bound = self.queued_audio_s(), self.max_queued_audio_s
        if job.priority is Priority.CATCHUP:
            bound *= CATCHUP_SHARE
        # An empty queue takes anything, or a segment longer than the bound could never run.
        if queued > 0 and queued + job.audio_s > bound:
            retry_after_s = max(MIN_RETRY_AFTER_S, round(queued / (self._rate * self.workers), 2))
            raise Overloaded(f"{queued:.1f} s of audio are queued, {bound:g} s are allowed", retry_after_s)
        self._lanes[job.priority][job.key] = job

    def put_back(self, job: Job) -> None:
        """To the front, whatever the bound: it was admitted before, and its worker died."""
        lane = self._lanes[job.priority]
        lane[job.key] = job
        lane.move_to_end(job.key, last=False)

    def take(self) -> Job | None:
        """The next to run; call `expire` first."""
        for lane in self._lanes.values():
            if lane:
                return lane.popitem(last=False)[1]
        return None

    def expire(self, now_s: float) -> list[Job]:
        """Remove and return those whose deadline has passed."""
        late = [job for lane in self._lanes.values() for job in lane.values() if job.deadline_s is not None and job.deadline_s <= now_s]
        for job in late:
            del self._lanes[job.priority][job.key]
        return late

    def cancel(self, key: tuple[str, int]) -> bool:
        """True if it was still waiting."""
        return any(lane.pop(key, None) is not None for lane in self._lanes.values())

    def finished(self, audio_s: float, busy_s: float) -> None:
        """A worker took busy_s for audio_s: keeps the estimate behind retry_after honest."""
        if audio_s > 0 and busy_s > 0:
            self._rate += RATE_SMOOTHING * (audio_s / busy_s - self._rate)
