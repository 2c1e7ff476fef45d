"""Parts of open segments on their way to workers, for interim results. Pure: no clock, no process.

What was heard of a segment lives in one worker, so its parts go there and nowhere else: to the worker that first had time for it. A part that waits
grows by the next one instead of queueing behind it. Everything is bounded, and what does not fit is dropped with the rest of its segment: a listener
that missed a part would hear nonsense. Final results know nothing of all this.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field

from protos.messages import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ

Key = tuple[str, int]
"""(stream id, segment id)."""
# About half of what one core can hear (benchmarks/LOG.md): final results need the rest.
MAX_SEGMENTS_PER_WORKER = 32
# A worker this far behind the speaker is too busy for interim results.
MAX_WAITING_S = 2.0


@dataclass(frozen=True, slots=True)
class Listen:
    """For a worker: the next part of a segment."""

    key: Key
    start_sample: int
    """Of the segment."""
    heard_samples: int
    """Before this part; 0 begins a segment."""
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Forget:
    """For a worker: these segments ended."""

    keys: tuple[Key, ...]


@dataclass(slots=True)
class _Heard:
    start_sample: int
    given_samples: int = 0
    waiting: bytearray = field(default_factory=bytearray)
    worker: int | None = None


@dataclass(slots=True)
class Listening:
    """Not thread-safe: one owner, one event loop. Workers are numbered from 0."""

    workers: int = 1
    _segments: dict[Key, _Heard] = field(default_factory=dict, init=False)
    _due: OrderedDict[Key, None] = field(default_factory=OrderedDict, init=False)
    _ended: dict[int, list[Key]] = field(default_factory=lambda: defaultdict(list), init=False)

    def __len__(self) -> int:
        """Segments listened to."""
        return len(self._segments)

    def offer(self, key: Key, start_sample: int, heard_samples: int, pcm: bytes) -> bool:
        """False: not taken, nor will any later part of the segment be."""
        segment = self._segments.get(key)
        if segment is None:
            if heard_samples or len(self._segments) >= MAX_SEGMENTS_PER_WORKER * self.workers:
                return False
            segment = self._segments[key] = _Heard(start_sample)
        if len(segment.waiting) + len(pcm) > MAX_WAITING_S * SAMPLE_RATE_HZ * BYTES_PER_SAMPLE:
            self.end(key)
            return False
        segment.waiting += pcm
        self._due.setdefault(key)
        return True

    def take(self, worker: int) -> Listen | Forget | None:
        """What this worker should do next, if it has nothing better to do."""
        if ended := self._ended.pop(worker, None):
            return Forget(tuple(ended))
        for key in self._due:
            segment = self._segments[key]
            if segment.worker in (worker, None):
                break
        else:
            return None
        del self._due[key]
        part = Listen(key, segment.start_sample, segment.given_samples, bytes(segment.waiting))
        segment.worker = worker
        segment.given_samples += len(part.pcm) // BYTES_PER_SAMPLE
        segment.waiting.clear()
        return part

    def end(self, key: Key) -> None:
        """The segment is over, or nobody wants to hear of it."""
        segment = self._segments.pop(key, None)
        self._due.pop(key, None)
        if segment is not None and segment.worker is not None:
            self._ended[segment.worker].append(key)

    def lost(self, worker: int) -> list[Key]:
        """The worker died, and all it had heard with it: of these segments."""
        keys = [key for key, segment in self._segments.items() if segment.worker == worker]
        for key in keys:
            self.end(key)
        self._ended.pop(worker, None)
        return keys
