"""Which fault strikes when, drawn from a seed: the same seed gives the same plan. Pure."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from protos.errors import ConfigurationError

# How often each comes in one shuffled deck. Those that need a new process cost seconds of processor, so the cheap ones come more often.
DECK: dict[str, int] = {
    "cut": 7,
    "reset": 7,
    "stall": 2,
    "stall_up": 1,
    "stall_down": 1,
    "latency": 2,
    "throttle": 2,
    "slice": 2,
    "limit": 2,
    "slow_close": 2,
    "kill_server": 4,
    "kill_worker": 3,
    "kill_edge": 3,
    "stop_server": 2,
    "restart": 3,
    "disk_full": 2,
    "clock": 2,
    "flood": 1,
}
"""Faults of a shared store (Redis) join here, and in `strikes.STRIKES`, under a name of their own."""
MAX_AFTER_BYTES = 60_000
# For bytes to strike among, and for an answer by which to see that its victims are back: one each, of two people.
SEGMENTS_EACH = 4


@dataclass(frozen=True, slots=True)
class Injection:
    kind: str
    after_segments: int
    """Outcomes shown before it strikes ..."""
    after_bytes: int
    """... and then so much more that went through the proxy: it strikes in mid-message."""
    strength: float
    """0..1: how long, how slow."""
    choice: float
    """0..1: whom, or which way."""


def make_plan(seed: int, injections: int, segments: int, deck: Mapping[str, int] = DECK) -> list[Injection]:
    """Evenly over the segments; every kind has had its share after each whole deck.

    Raises: ConfigurationError: nothing can strike, or so often that nobody has anything to say in between.
    """
    if not any(deck.values()):
        raise ConfigurationError("no kind of fault is left to strike with")
    if not 1 <= injections <= segments // SEGMENTS_EACH:
        raise ConfigurationError(f"injections are {injections}, must be within 1..{segments // SEGMENTS_EACH}: each needs {SEGMENTS_EACH} segments")
    chance = random.Random(seed)
    kinds: list[str] = []
    while len(kinds) < injections:
        cards = [kind for kind in sorted(deck) for _ in range(deck[kind])]
        chance.shuffle(cards)
        kinds += cards
    return [
        Injection(kind, number * segments // (injections + 1), chance.randrange(MAX_AFTER_BYTES), chance.random(), chance.random())
        for number, kind in enumerate(kinds[:injections], 1)
    ]
