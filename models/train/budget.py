"""How much of a run's budget is spent: by steps, or by the clock that is handed in. Resuming goes on from the share that was spent."""

from __future__ import annotations

from collections.abc import Callable

from models.train.recipe import Budget


class Spending:
    """The share is what schedules run by, so a slow machine finishes its schedule too."""

    def __init__(self, budget: Budget, spent: float, now_s: Callable[[], float]) -> None:
        """spent: where the run starts or goes on. now_s: a clock that never steps back."""
        self._budget, self._spent, self._now_s = budget, spent, now_s
        self._begun_s = now_s()

    def share(self, step: int) -> float:
        """0..1; at 1 the run is over."""
        if self._budget.steps:
            return min(1.0, step / self._budget.steps)
        return min(1.0, self._spent + (self._now_s() - self._begun_s) / 60 / self._budget.minutes)


class Every:
    """True once whenever so many seconds have passed since it was last true."""

    def __init__(self, seconds: float, now_s: Callable[[], float]) -> None:
        self._seconds, self._now_s, self._last_s = seconds, now_s, now_s()

    def is_due(self) -> bool:
        if self._now_s() - self._last_s < self._seconds:
            return False
        self._last_s = self._now_s()
        return True
