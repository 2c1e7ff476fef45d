"""One run: generators speak as planned, the server is watched, and what both say becomes one report."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from random import Random
from typing import Any

from benchmarks.load.arrivals import SHAPES, Visit, crowd, users
from benchmarks.load.generator import READY
from benchmarks.load.outcomes import Outcome, figures, meets_slo
from benchmarks.load.plan import Plan, Told, WayIn
from benchmarks.load.sampler import Sample, sampling
from benchmarks.load.script import Script
from models.evaluate.counts import NONE, count
from models.text import normalise_text
from protos.errors import ConfigurationError

BEGIN_IN_S = 1.5
"""After all generators are ready: connections are made a second before anybody speaks."""
PATIENCE_S = 20.0
"""Longer than a server's own deadline for a segment."""
TICK_S = 0.25


@dataclass(frozen=True, slots=True)
class Target:
    """A server, and what of it can be seen from here."""

    way_in: WayIn
    metrics_address: str | None = None
    pids: tuple[int, ...] = ()
    cores: int | None = None


@dataclass(frozen=True, slots=True)
class Load:
    streams: float
    """People who speak at once: on average, at the highest of the shape."""
    duration_s: float
    shape: str = "steady"
    user_count: int | None = None
    """The same people all along; None: strangers."""
    duty: float = 1.0
    """Share of the time that each of `user_count` speaks."""
    interim: bool = False
    paced: bool = True
    jitter_s: float = 0.0
    loss: float = 0.0
    generators: int = 1
    catalogue: str = ""
    seed: int = 1

    def __post_init__(self) -> None:
        """Raises: ConfigurationError: a value breaks its rule."""
        if self.shape not in SHAPES:
            raise ConfigurationError(f"shape is {self.shape!r}, must be one of {', '.join(SHAPES)}")
        for name, low, high in (
            ("duty", 0.01, 1.0),
            ("loss", 0.0, 0.5),
            ("jitter_s", 0.0, 5.0),
            ("streams", 0.05, 100_000),
            ("duration_s", 1, 86_400),
        ):
            if not low <= getattr(self, name) <= high:
                raise ConfigurationError(f"{name} is {getattr(self, name):g}, must be within {low:g}..{high:g}")

    def visits(self, lengths_s: Sequence[float]) -> list[Visit]:
        chance = Random(self.seed)
        if self.user_count is not None:
            return users(self.user_count, self.duty, lengths_s, self.duration_s, chance)
        return crowd(self.shape, self.streams, lengths_s, self.duration_s, chance)


@dataclass(frozen=True, slots=True)
class Run:
    """What a run showed."""

    load: Load
    outcomes: tuple[Outcome, ...]
    samples: tuple[Sample, ...]
    server_cpu_s: float | None
    generator_cpu_s: float
    wall_s: float
    wer: float | None
    reconnects: int
    troubles: tuple[str, ...]
    sessions: int

    @property
    def passed(self) -> bool:
        return meets_slo(self.outcomes)

    @property
    def cpu_per_audio_s(self) -> float | None:
        """Server processor seconds for each second of audio that was sent."""
        audio_s = sum(outcome.audio_s for outcome in self.outcomes)
        return None if self.server_cpu_s is None or not audio_s else self.server_cpu_s / audio_s

    def facts(self) -> dict[str, Any]:
        cost = self.cpu_per_audio_s
        return {
            "load": asdict(self.load),
            "passed": self.passed,
            **figures(self.outcomes),
            "wer": self.wer,
            "sessions": self.sessions,
            "reconnects": self.reconnects,
            "troubles": list(self.troubles),
            "server_cpu_seconds_per_audio_second": None if cost is None else round(cost, 5),
            "server_cores": None if self.server_cpu_s is None else round(self.server_cpu_s / self.wall_s, 3),
            "generator_cores": round(self.generator_cpu_s / self.wall_s, 3),
        }


def run_load(
    target: Target,
    load: Load,
    made: Sequence[Script],
    on_time: Callable[[float], None] = lambda _: None,
    is_over: Callable[[], bool] = lambda: False,
) -> Run:
    """on_time: told seconds of the run as they pass. is_over: asked meanwhile; then nobody begins any more, however long it was to last.

    Raises: ConfigurationError: nobody would speak, or a generator failed.
    """
    visits = load.visits([script.length_s if load.paced else script.audio_s for script in made])
    if not visits:
        raise ConfigurationError(f"nobody would speak: {load.streams:g} streams for {load.duration_s:g} s are too few")
    plan = Plan(
        target.way_in,
        tuple(script.recording for script in made),
        tuple(visits),
        load.interim,
        load.paced,
        load.jitter_s,
        load.loss,
        load.catalogue,
        PATIENCE_S,
        load.seed,
    )
    with ExitStack() as stack:
        generators = [stack.enter_context(_generator()) for _ in range(load.generators)]
        for number, process in enumerate(generators):
            _tell(process, replace(plan, visits=shared_out(visits, number, load.generators)).to_json())
        for process in generators:
            if _hear(process) != READY:
                raise ConfigurationError("a generator did not become ready; its own words are above")
        start_s = time.monotonic() + BEGIN_IN_S
        sampler = stack.enter_context(sampling(target.metrics_address, target.pids, start_s))
        cpu_s, begin_s = sampler.server_cpu_s(), time.monotonic()
        for process in generators:
            _tell(process, str(start_s))
        _wait(generators, start_s, load.duration_s, on_time, is_over)
        told = [Told.from_json(_hear(process)) for process in generators]
        cpu_end_s, wall_s = sampler.server_cpu_s(), time.monotonic() - begin_s
    outcomes = tuple(sorted((outcome for one in told for outcome in one.outcomes), key=lambda outcome: outcome.closed_s))
    return Run(
        load,
        outcomes,
        tuple(sampler.samples),
        None if cpu_s is None or cpu_end_s is None else cpu_end_s - cpu_s,
        sum(one.cpu_s for one in told),
        wall_s,
        word_error_rate(outcomes, [made[visit.script].recording.text for visit in visits]),
        sum(one.reconnects for one in told),
        tuple(sorted({trouble for one in told for trouble in one.troubles})),
        len({visit.session for visit in visits}),
    )


def shared_out(visits: Sequence[Visit], number: int, of: int) -> tuple[Visit, ...]:
    """Those of the sessions of generator `number`; others keep their place with nobody to speak, so that numbers of visits stay the run's own."""
    return tuple(visit if visit.session % of == number else replace(visit, session=-1) for visit in visits)


def word_error_rate(outcomes: Sequence[Outcome], texts: Sequence[str]) -> float | None:
    """Of utterances that were answered whole. texts: what was said at each visit."""
    heard: dict[int, list[Outcome]] = {}
    for outcome in sorted(outcomes, key=lambda outcome: outcome.onset_s):
        heard.setdefault(outcome.visit, []).append(outcome)
    whole = {visit: its for visit, its in heard.items() if all(outcome.final_s is not None for outcome in its)}
    counts = sum(
        (count(normalise_text(texts[visit]).split(), normalise_text(" ".join(o.text for o in its)).split()) for visit, its in whole.items()), NONE
    )
    return round(counts.errors / counts.length, 4) if counts.length else None


def _wait(
    generators: Sequence[subprocess.Popen[str]], start_s: float, duration_s: float, on_time: Callable[[float], None], is_over: Callable[[], bool]
) -> None:
    while (now_s := time.monotonic() - start_s) < duration_s and all(process.poll() is None for process in generators):
        on_time(max(0.0, now_s))
        if is_over():
            for process in generators:
                _tell(process, "over")
            break
        time.sleep(TICK_S)
    on_time(duration_s)


def _generator() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.load.generator"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _tell(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None  # noqa: S101
    try:
        process.stdin.write(line + "\n")
        process.stdin.flush()
    except BrokenPipeError as error:
        raise ConfigurationError("a generator has ended; its own words are above") from error


def _hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None  # noqa: S101
    line = process.stdout.readline().strip()
    if not line:
        raise ConfigurationError(f"a generator ended with exit code {process.wait(PATIENCE_S)}; its own words are above")
    return line
