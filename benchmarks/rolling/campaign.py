"""People speak through a balancer while the servers behind it are restarted one after the other: what did anybody notice?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.load.outcomes import figures, percentiles
from benchmarks.load.plan import WayIn
from benchmarks.load.run import Load, Run, Target, run_load
from benchmarks.load.script import Script
from benchmarks.rolling.haproxy import Balancer, running_haproxy
from benchmarks.rolling.replica import Replica

LOOK_S = 0.05
UP_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Rolled:
    """What a campaign showed."""

    run: Run
    restart_s: tuple[float, ...]
    """From SIGTERM until the balancer sends streams there again."""
    streams_ever: dict[str, int]
    """By server: that the balancer gave it."""
    exit_codes: tuple[int, ...]

    def facts(self) -> dict[str, Any]:
        of_run = figures(self.run.outcomes)
        return {
            "restarts": len(self.restart_s),
            "streams": self.run.load.streams,
            "user_visible_errors": of_run["rejected"] + of_run["lost"],
            **{name: of_run[name] for name in ("segments", "rejected", "rejects", "lost", "doubled", "within_slo", "final_seconds")},
            "reconnects": self.run.reconnects,
            "troubles": list(self.run.troubles),
            "wer": self.run.wer,
            "streams_by_server": self.streams_ever,
            "restart_seconds": percentiles(self.restart_s),
            "exit_codes": sorted(set(self.exit_codes)),
        }

    @property
    def passed(self) -> bool:
        """Nobody noticed, and every server stopped in good order."""
        facts = self.facts()
        return bool(facts["segments"]) and not facts["user_visible_errors"] and not facts["doubled"] and facts["exit_codes"] == [0]


@contextmanager
def running_pair(root: Path, folder: Path, replicas: Sequence[Replica], program: Path | None = None) -> Iterator[Balancer]:
    """Two servers that accept segments, and a balancer that knows it. Raises: ConfigurationError."""
    try:
        with ThreadPoolExecutor() as threads:
            list(threads.map(Replica.start, replicas))
        with running_haproxy(root, folder, [(one.address, one.metrics_address) for one in replicas], program) as balancer:
            _until(lambda: all(backend.is_up for backend in balancer.backends()))
            yield balancer
    finally:
        with ThreadPoolExecutor() as threads:
            list(threads.map(Replica.stop, replicas))


def target_of(balancer: Balancer, replicas: Sequence[Replica], cores: int) -> Target:
    return Target(WayIn(balancer.address), None, tuple(one.pid for one in replicas), cores)


def roll(
    balancer: Balancer,
    replicas: Sequence[Replica],
    load: Load,
    made: Sequence[Script],
    restarts: int,
    pause_s: float,
    on_restart: Callable[[int], None],
) -> Rolled:
    """load: lasts until the last restart is over, at most its own duration. pause_s: between two restarts."""
    over, restart_s = threading.Event(), list[float]()
    # Its processes come and go: whose processor time it was could not be told.
    target = Target(WayIn(balancer.address))
    with ThreadPoolExecutor(1, thread_name_prefix="load") as threads:
        loading = threads.submit(run_load, target, load, made, is_over=over.is_set)
        try:
            _until(lambda: loading.done() or sum(backend.streams for backend in balancer.backends()) > 0)
            for number in range(restarts):
                time.sleep(pause_s)
                if loading.done():
                    break
                restart_s.append(_restart(replicas[number % len(replicas)], number % len(replicas), balancer))
                on_restart(1)
            time.sleep(pause_s)
        finally:
            over.set()
        run = loading.result()
    ever = {backend.name: backend.streams_ever for backend in balancer.backends()}
    return Rolled(run, tuple(restart_s), ever, tuple(code for one in replicas for code in one.exit_codes))


def _restart(replica: Replica, number: int, balancer: Balancer) -> float:
    begin_s = time.monotonic()
    replica.stop()
    # The balancer must have noticed, or "up again" would be what it knew before.
    _until(lambda: not balancer.backends()[number].is_up)
    replica.start()
    _until(lambda: balancer.backends()[number].is_up)
    return time.monotonic() - begin_s


def _until(is_so: Callable[[], bool], timeout_s: float = UP_TIMEOUT_S) -> None:
    """Raises: TimeoutError."""
    over_s = time.monotonic() + timeout_s
    while not is_so():
        if time.monotonic() > over_s:
            raise TimeoutError(f"the balancer did not come to it within {timeout_s:g} s")
        time.sleep(LOOK_S)
