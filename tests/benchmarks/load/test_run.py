"""Whole runs with generators in processes of their own, against a real server without a model."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace

import pytest

from benchmarks.load.arrivals import Visit
from benchmarks.load.outcomes import OK, Outcome
from benchmarks.load.plan import WayIn
from benchmarks.load.run import Load, Target, run_load, shared_out, word_error_rate
from benchmarks.load.script import Script
from cloud_server.app import RunningServer
from protos.errors import ConfigurationError

HEARD = Outcome(0, 0, 3.0, 0.0, 3.0, OK, None, 0.1, 0.1, "pumpkin pie", True, 1)


async def test_two_generators_speak_as_planned_and_everything_is_answered(server: RunningServer, made: list[Script]) -> None:
    target = Target(WayIn(server.address), server.metrics_address, (os.getpid(),), 1)
    load, seen = Load(30.0, 1.0, paced=False, generators=2), list[float]()
    run = await asyncio.to_thread(run_load, target, load, made, seen.append)
    facts = run.facts()
    assert facts["segments"] == len(load.visits([made[0].audio_s])) > 3
    assert (facts["rejected"], facts["lost"], facts["doubled"], facts["troubles"]) == (0, 0, 0, [])
    assert sorted({outcome.visit for outcome in run.outcomes}) == list(range(facts["segments"]))
    assert facts["server_cpu_seconds_per_audio_second"] > 0
    assert facts["wer"] is not None
    assert seen[-1] == load.duration_s


async def test_a_generator_that_cannot_begin_ends_the_run(made: list[Script], capfd: pytest.CaptureFixture[str]) -> None:
    target = Target(WayIn("127.0.0.1:1", tls_ca="nowhere.pem"))
    with pytest.raises(ConfigurationError, match="its own words are above"):
        await asyncio.to_thread(run_load, target, Load(30.0, 1.0, paced=False), made)
    assert "nowhere.pem" in capfd.readouterr().err


async def test_a_load_ends_when_it_is_told_to_however_long_it_was_to_last(server: RunningServer, made: list[Script]) -> None:
    run = await asyncio.to_thread(run_load, Target(WayIn(server.address)), Load(30.0, 3600.0, paced=False), made, lambda _: None, lambda: True)
    assert run.wall_s < 600
    assert all(outcome.outcome == OK for outcome in run.outcomes)


def test_a_load_during_which_nobody_speaks_is_refused(made: list[Script]) -> None:
    with pytest.raises(ConfigurationError, match="nobody would speak"):
        run_load(Target(WayIn("127.0.0.1:1")), Load(0.05, 1.0), made)


@pytest.mark.parametrize(
    ("change", "rule"), [({"shape": "square"}, "must be one of steady"), ({"loss": 0.9}, "within 0..0.5"), ({"duty": 0.0}, "duty")]
)
def test_a_value_that_breaks_its_rule_is_named(change: dict[str, object], rule: str) -> None:
    with pytest.raises(ConfigurationError, match=rule):
        replace(Load(1.0, 1.0), **change)


def test_sessions_are_shared_out_and_visits_keep_their_numbers() -> None:
    visits = [Visit(session, 0.1 * session, 0) for session in (0, 1, 2, 1)]
    shares = [shared_out(visits, number, 2) for number in range(2)]
    assert [[visit.session for visit in share] for share in shares] == [[0, -1, 2, -1], [-1, 1, -1, 1]]


def test_words_are_compared_over_whole_utterances() -> None:
    """One that was cut in two is put together; one with a part unanswered is not judged by the other."""
    outcomes = [
        replace(HEARD, onset_s=5.0, text="pie"),
        replace(HEARD, text="pumpkin"),
        replace(HEARD, visit=1, text="pumpkin tie"),
        replace(HEARD, visit=2, final_s=None),
    ]
    assert word_error_rate(outcomes, ["pumpkin pie"] * 3) == 0.25
    assert word_error_rate([], []) is None
