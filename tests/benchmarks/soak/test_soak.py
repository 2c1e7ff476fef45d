"""A very short soak: a server that keeps nothing passes, the same server with a kilobyte kept for each request is caught."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.soak.soak import Settings, Soak, is_kept
from benchmarks.soak.verdict import Growth

CONTROLS = "tests.benchmarks.faults.controls"
STEADY = Growth(0.001, 20.0, 300.0, 30_000, 100.0, 100.1, 0.2)


async def soaked(folder: Path, *hooks: str) -> dict[str, Any]:
    arguments = tuple(word for hook in ("small_memories", *hooks) for word in ("--hook", f"{CONTROLS}:{hook}"))
    return await Soak(Settings(60.0, 0.2, 1, folder, segments=4000, warm_up_segments=0, server_arguments=arguments)).run()


@pytest.mark.timeout(240)
async def test_a_sound_server_passes_and_one_that_keeps_a_kilobyte_a_request_is_caught(tmp_path: Path) -> None:
    """Side by side, so that the machine's mood is the same for both."""
    sound, leaky = await asyncio.gather(soaked(tmp_path / "sound"), soaked(tmp_path / "leaky", "leak"))
    assert sound["passed"], sound
    assert sound["cancelled"] > 0.1 * sound["streams"]
    assert not leaky["passed"]
    assert leaky["bytes_per_segment"] > 512
    assert {name: leaky[name] for name in ("left", "failed", "rejected", "bad_exits")} == {"left": [], "failed": 0, "rejected": 0, "bad_exits": 0}


@pytest.mark.parametrize(
    ("harm", "kept"),
    [
        ({}, True),
        ({"grown": replace(STEADY, ratio=0.02)}, False),
        ({"grown": replace(STEADY, bytes_per_segment=512.0)}, False),
        ({"left": ["server-1 tasks: 9 -> 10"]}, False),
        ({"bad_exits": 1}, False),
        ({"counts": {"failed": 1, "rejected": 0}}, False),
        ({"counts": {"failed": 0, "rejected": 1}}, False),
    ],
)
def test_whatever_grows_stays_fails_or_is_refused_breaks_the_promise(harm: dict[str, Any], kept: bool) -> None:
    sound: dict[str, Any] = {"grown": STEADY, "counts": {"failed": 0, "rejected": 0}, "left": [], "bad_exits": 0}
    assert is_kept(**(sound | harm)) is kept
