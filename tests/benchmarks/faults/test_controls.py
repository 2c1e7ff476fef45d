"""A harness that catches nothing proves nothing: each known way to be wrong is caught, and by the promise it breaks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.faults.campaign import Campaign, Settings
from benchmarks.faults.checker import BREACHES
from benchmarks.faults.commands import RECORDINGS
from benchmarks.faults.plan import DECK
from benchmarks.faults.words import stub_words

CONTROLS = "tests.benchmarks.faults.controls"


async def broken(folder: Path, injections: int, *kinds: str, **arguments: Any) -> set[str]:
    """The promises that a short campaign found broken."""
    settings = Settings(RECORDINGS, 8 * injections, injections, 1, folder, deck={kind: DECK[kind] for kind in kinds}, **arguments)
    found = await Campaign(settings).run(stub_words)
    return {name for name in BREACHES if found[name]}


@pytest.mark.timeout(300)
async def test_an_edge_that_deletes_what_was_merely_accepted_loses_it(tmp_path: Path) -> None:
    edge = ("--hook", f"{CONTROLS}:delete_on_accepted", "--answer-timeout-s", "5")
    assert "lost" in await broken(tmp_path, 1, "kill_server", server_arguments=("--busy-s", "0.1"), edge_arguments=edge, stuck_s=20.0)


@pytest.mark.timeout(300)
async def test_a_server_that_does_not_know_what_it_has_answered_is_seen_to_do_it_again(tmp_path: Path) -> None:
    assert await broken(tmp_path, 2, "stall_down", server_arguments=("--hook", f"{CONTROLS}:no_deduplication")) == {"recognised_again"}


@pytest.mark.timeout(300)
async def test_a_queue_without_a_bound_is_over_its_limit(tmp_path: Path) -> None:
    assert await broken(tmp_path, 1, "flood", server_arguments=("--hook", f"{CONTROLS}:unbounded_queue")) == {"over_limit"}
