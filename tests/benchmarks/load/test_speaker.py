"""One session speaks in its turn, is shown each answer once, and says what it was not told."""

from __future__ import annotations

import time
from random import Random

import pytest

from benchmarks.load.network import Network
from benchmarks.load.outcomes import LOST, OK
from benchmarks.load.script import Script
from benchmarks.load.speaker import Speaker, Turn
from cloud_server.app import RunningServer
from edge_client.config import TransportConfig
from protos import messages as m
from tests.fakes import transcript_of


def speaker(address: str, turns: list[Turn], *, paced: bool = False, patience_s: float = 20.0, connect_s: float = 10.0) -> Speaker:
    config, wish = TransportConfig(address, connect_timeout_s=connect_s), m.StreamingConfig(max_alternatives=1)
    return Speaker(3, turns, config, wish, Network(), Random(0), paced=paced, patience_s=patience_s)


async def test_each_turn_is_answered_and_shown_once(server: RunningServer, made: list[Script]) -> None:
    turns = [Turn(8, 0.0, made[0]), Turn(9, 0.1, made[0])]
    outcomes = await speaker(server.address, turns).run(time.monotonic())
    assert [(outcome.visit, outcome.outcome, outcome.times_shown, outcome.session) for outcome in outcomes] == [(8, OK, 1, 3), (9, OK, 1, 3)]
    assert {outcome.text for outcome in outcomes} == {transcript_of(made[0].segments[0].pcm)}
    assert all(0 < (outcome.final_s or 0) <= (outcome.hits_s or 0) for outcome in outcomes)
    assert [outcome.audio_s for outcome in outcomes] == [pytest.approx(made[0].audio_s)] * 2


async def test_waits_count_from_the_instant_that_was_set_not_from_when_it_was_kept(server: RunningServer, made: list[Script]) -> None:
    """A generator that is ten seconds late says so, and its server is not spared."""
    late_s = 10.0
    outcomes = await speaker(server.address, [Turn(0, 0.0, made[0])]).run(time.monotonic() - late_s)
    assert (outcomes[0].final_s or 0) > late_s
    assert outcomes[0].lag_s > late_s


async def test_a_paced_turn_closes_when_its_hang_over_ends(server: RunningServer, made: list[Script]) -> None:
    """On a run's clock that is almost over, so that the test need not wait as long as somebody speaks."""
    length_s = made[0].length_s
    outcomes = await speaker(server.address, [Turn(0, 0.0, made[0])], paced=True).run(time.monotonic() - length_s + 0.2)
    assert outcomes[0].closed_s == pytest.approx(length_s)
    assert outcomes[0].onset_s == pytest.approx(made[0].onset_s(0))


async def test_without_a_server_everything_is_lost_aloud(made: list[Script]) -> None:
    lonely = speaker("127.0.0.1:1", [Turn(0, 0.0, made[0])], connect_s=0.2)
    outcomes = await lonely.run(time.monotonic())
    assert [(outcome.outcome, outcome.final_s, outcome.times_shown) for outcome in outcomes] == [(LOST, None, 0)]
    assert "no server answers" in lonely.trouble
