"""Which segment runs next: a queue bounded in audio seconds, live before catch-up, tenants in turns within. Pure: no clock.

The bound is in audio seconds because that is what work costs: ten short queries and one long dictation are not eleven equal things. A backlog may
fill only half of it, so catching up after an outage never refuses somebody who is speaking now. And whoever wants no more than an equal share of the
queue gets it: what the tenant with the most waiting sent last is shed for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cloud_server.fair_queue import FairQueue, Key
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

    key: Key
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
    _jobs: dict[Key, Job] = field(default_factory=dict, init=False)
    """All that wait."""
    _again: dict[Key, Job] = field(default_factory=dict, init=False)
    """Of these, the ones whose worker died."""
    _lanes: dict[Priority, FairQueue] = field(init=False)
    _rate: float = field(default=INITIAL_RATE, init=False)

    def __post_init__(self) -> None:
        self._lanes = {Priority.LIVE: FairQueue(), Priority.CATCHUP: FairQueue()}

    def __len__(self) -> int:
        return len(self._jobs)

    def queued_audio_s(self, priority: Priority | None = None) -> float:
        return sum(job.audio_s for job in self._jobs.values() if priority in {None, job.priority})

    def offer(self, job: Job) -> list[Job]:
        """Returns what is shed for it, newest first: their tenants have more than their share waiting.

        Raises: Overloaded: no room for it; says when to come back.
        """
        shed = self._to_shed(job)
        for loser in shed:
            self.cancel(loser.key)
        self._jobs[job.key] = job
        self._lanes[job.priority].push(job.key, job.tenant, job.audio_s)
        return shed

    def put_back(self, job: Job) -> None:
        """To the front, whatever the bound: it was admitted before, and its worker died."""
        self._jobs[job.key] = self._again[job.key] = job

    def take(self) -> Job | None:
        """The next to run; call `expire` first."""
        key = next(iter(self._again), None)
        if key is not None:
            del self._again[key]
            return self._jobs.pop(key)
        for lane in self._lanes.values():
            if (key := lane.pop()) is not None:
                return self._jobs.pop(key)
        return None

    def expire(self, now_s: float) -> list[Job]:
        """Remove and return those whose deadline has passed."""
        late = [job for job in self._jobs.values() if job.deadline_s is not None and job.deadline_s <= now_s]
        for job in late:
            self.cancel(job.key)
        return late

    def cancel(self, key: Key) -> bool:
        """True if it was still waiting."""
        job = self._jobs.pop(key, None)
        if job is None:
            return False
        self._again.pop(key, None)
        self._lanes[job.priority].remove(key)
        return True

    def overloaded(self) -> Overloaded:
        """Why something has no room, and when there may be."""
        queued, bound = self.queued_audio_s(), self.max_queued_audio_s
        retry_after_s = max(MIN_RETRY_AFTER_S, round(queued / (self._rate * self.workers), 2))
        return Overloaded(f"{queued:.1f} s of audio are queued, {bound:g} s are allowed", retry_after_s)

    def finished(self, audio_s: float, busy_s: float) -> None:
        """A worker took busy_s for audio_s: keeps the estimate behind retry_after honest."""
        if audio_s > 0 and busy_s > 0:
            self._rate += RATE_SMOOTHING * (audio_s / busy_s - self._rate)

    def _to_shed(self, job: Job) -> list[Job]:
        queued, is_live = self.queued_audio_s(), job.priority is Priority.LIVE
        bound = self.max_queued_audio_s if is_live else self.max_queued_audio_s * CATCHUP_SHARE
        # An empty queue takes anything, or a segment longer than the bound could never run.
        if not queued or queued + job.audio_s <= bound:
            return []
        waiting: dict[str, float] = {job.tenant: job.audio_s}
        for other in self._jobs.values():
            waiting[other.tenant] = waiting.get(other.tenant, 0.0) + other.audio_s
        # A backlog can come again later; and with one tenant there is nobody to shed for.
        if not is_live or waiting[job.tenant] > bound / len(waiting):
            raise self.overloaded()
        shed: list[Job] = []
        newest_first = list(reversed(self._jobs.values()))
        newest_first.sort(key=lambda other: (other.key in self._again, other.priority is Priority.LIVE))  # a backlog before, what was tried after
        while queued + job.audio_s > bound:
            most = max(waiting, key=lambda tenant: waiting[tenant])
            loser = next(other for other in newest_first if other.tenant == most and other not in shed)
            shed.append(loser)
            waiting[most] -= loser.audio_s
            queued -= loser.audio_s
        return shed
