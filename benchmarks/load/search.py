"""The largest load that still passes, found with few tries. Pure: tells what to try next, is told how it went."""

from __future__ import annotations

from dataclasses import dataclass, field

GROWTH = 1.5
SHRINK = 0.6
CLOSE = 1.08
"""A bracket this narrow is an answer: a run of half a minute cannot tell its ends apart."""
SMALLEST = 0.25
"""Of a stream; nothing passes below it."""


@dataclass(slots=True)
class Search:
    guess: float
    """Where to begin."""
    largest_passed: float = 0.0
    smallest_failed: float = float("inf")
    tried: list[tuple[float, bool]] = field(default_factory=list)

    def next(self) -> float | None:
        """The load to try; None: found, or nothing passes."""
        low, high = self.largest_passed, self.smallest_failed
        if not self.tried:
            return max(SMALLEST, self.guess)
        if not low:
            return high * SHRINK if high * SHRINK >= SMALLEST else None
        if high == float("inf"):
            return low * GROWTH
        return None if high <= low * CLOSE else float((low * high) ** 0.5)

    def tell(self, load: float, *, passed: bool) -> None:
        """A load that fails beneath one that passed (a disturbance, or luck before) takes that pass back: the smaller claim stands."""
        self.tried.append((load, passed))
        if passed:
            self.largest_passed = max(self.largest_passed, load) if load < self.smallest_failed else self.largest_passed
            return
        self.smallest_failed = min(self.smallest_failed, load)
        self.largest_passed = max((one for one, ok in self.tried if ok and one < self.smallest_failed), default=0.0)
