"""What a bad network does to a stream over TCP: nothing is lost or reordered, all of it comes late. Pure: chance is handed in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random

# Linux' shortest wait before it sends a packet again; doubled each time.
RETRANSMIT_S = 0.2
MAX_RETRANSMITS = 6


@dataclass(frozen=True, slots=True)
class Network:
    jitter_s: float = 0.0
    """Each message is late by up to this much, evenly."""
    loss: float = 0.0
    """Share of messages that are lost at each try, and sent again."""

    def arrivals(self, sent_s: Iterable[float], chance: Random) -> Iterator[float]:
        """When each message arrives: those behind a late one wait for it."""
        last_s = float("-inf")
        for at_s in sent_s:
            last_s = max(last_s, at_s + self._delay_s(chance))
            yield last_s

    def _delay_s(self, chance: Random) -> float:
        delay_s, wait_s = chance.uniform(0, self.jitter_s), RETRANSMIT_S
        for _ in range(MAX_RETRANSMITS):
            if chance.random() >= self.loss:
                break
            delay_s, wait_s = delay_s + wait_s, 2 * wait_s
        return delay_s
