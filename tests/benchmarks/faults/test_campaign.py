"""A short campaign with every kind of fault keeps every promise, and its command says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.faults.campaign import Campaign, Settings, spread
from benchmarks.faults.checker import BREACHES, check
from benchmarks.faults.commands import RECORDINGS, as_lines
from benchmarks.faults.events import Shown, Struck, read_history
from benchmarks.faults.plan import DECK
from benchmarks.faults.speech import Speech
from benchmarks.faults.strikes import STRIKES
from benchmarks.faults.words import stub_words


def broken(found: dict[str, Any]) -> dict[str, int]:
    return {name: found[name] for name in BREACHES if found[name]}


@pytest.mark.timeout(300)
async def test_fifty_faults_of_every_kind_lose_double_reorder_and_change_nothing(tmp_path: Path) -> None:
    """And the history that is left says the same to whoever checks it again."""
    found = await Campaign(Settings(RECORDINGS, 200, 50, 1, tmp_path)).run(stub_words)
    assert broken(found) == {}, found
    assert found["segments"] >= 200
    assert found["injections"] == 50
    skipped = {"disk_full"} if found["skipped"] else set()
    assert set(found["kinds"]) == DECK.keys() - skipped
    records = read_history((tmp_path / "history.jsonl").read_text().splitlines())
    assert sum(isinstance(record.event, Struck) for record in records) == 50
    speeches = {name: Speech(recording, 100 + found["kinds"]["kill_edge"]) for name, recording in zip("ab", RECORDINGS, strict=True)}
    assert check(records, stub_words(speeches)).verdict.is_kept
    json.dumps(found)


@pytest.mark.timeout(300)
async def test_what_a_killed_edge_had_not_been_answered_its_next_run_sends_and_shows(tmp_path: Path) -> None:
    """kill -9, twice, with a server so slow that speech always waits in the spool."""
    settings = Settings(RECORDINGS, 16, 2, 1, tmp_path, deck={"kill_edge": 1}, server_arguments=("--busy-s", "0.1"))
    found = await Campaign(settings).run(stub_words)
    assert broken(found) == {}, found
    assert found["kinds"] == {"kill_edge": 2}
    records = read_history((tmp_path / "history.jsonl").read_text().splitlines())
    assert any(isinstance(record.event, Shown) and record.event.is_earlier for record in records)


def test_every_kind_of_the_deck_has_its_strike() -> None:
    assert STRIKES.keys() == DECK.keys()


def test_what_is_not_a_process_start_makes_the_headline_of_recovery() -> None:
    campaign = Campaign(Settings(RECORDINGS, 4, 1, 1, Path()))
    campaign._recovery_s |= {"cut": [0.5, 1.5], "kill_edge": [9.0]}
    facts = campaign._facts(check([], stub_words({})))
    assert facts["recovery_seconds"] == {"p50": 1.0, "p95": 1.45, "max": 1.5}
    assert facts["recovery_seconds_by_kind"]["kill_edge"]["max"] == 9.0
    assert spread([]) == {"p50": 0.0, "p95": 0.0, "max": 0.0}
    assert all("{" not in line for line in as_lines(facts))
