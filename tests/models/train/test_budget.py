from __future__ import annotations

from models.train.budget import Every, Spending
from models.train.recipe import Budget


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_a_budget_of_steps_is_spent_by_steps_alone() -> None:
    clock = Clock()
    spending = Spending(Budget(steps=200), 0.0, clock)
    clock.now_s += 1e6
    assert [spending.share(step) for step in (0, 50, 200, 300)] == [0.0, 0.25, 1.0, 1.0]


def test_a_budget_of_minutes_is_spent_by_the_clock_alone() -> None:
    clock = Clock()
    spending = Spending(Budget(minutes=10), 0.0, clock)
    clock.now_s += 150
    assert spending.share(10**9) == 0.25
    clock.now_s += 10_000
    assert spending.share(0) == 1.0


def test_a_resumed_run_spends_what_was_left() -> None:
    clock = Clock()
    spending = Spending(Budget(minutes=10), 0.6, clock)
    clock.now_s += 120
    assert spending.share(0) == 0.8


def test_something_is_due_once_in_each_stretch() -> None:
    clock = Clock()
    every = Every(30, clock)
    seen = []
    for _ in range(7):
        clock.now_s += 10
        seen.append(every.is_due())
    assert seen == [False, False, True, False, False, True, False]
