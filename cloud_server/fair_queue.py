"""Waiting segments of many tenants, taken in turns weighted by audio seconds: start-time fair queueing. Pure: no clock.

A tenant whose turn it is pays for what it takes: its next turn comes later by the segment's audio. Nobody waits longer because another sends more; a
tenant that was away neither saves up turns nor owes any. First in, first out within a tenant; with one tenant it is an ordinary queue.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

Key = tuple[str, int]


@dataclass(slots=True)
class _Line:
    turn: float
    """Virtual time of this tenant's next turn, in audio seconds."""
    arrival: int
    """Of the oldest ones first among equal turns."""
    audio_s: OrderedDict[Key, float] = field(default_factory=OrderedDict)


@dataclass(slots=True)
class FairQueue:
    """Holds keys; what they stand for is the caller's. Memory: what waits, and turns that still lie ahead, which end with the backlog."""

    _lines: dict[str, _Line] = field(default_factory=dict, init=False)
    _owed: dict[str, float] = field(default_factory=dict, init=False)
    """Next turns of tenants that have nothing waiting but took their last turn early."""
    _tenant_of: dict[Key, str] = field(default_factory=dict, init=False)
    _now: float = field(default=0.0, init=False)
    """Virtual time: the turn that was taken last."""
    _arrivals: int = field(default=0, init=False)

    def __len__(self) -> int:
        return len(self._tenant_of)

    def push(self, key: Key, tenant: str, audio_s: float) -> None:
        self._arrivals += 1
        line = self._lines.get(tenant)
        if line is None:
            line = self._lines[tenant] = _Line(max(self._now, self._owed.pop(tenant, 0.0)), self._arrivals)
        line.audio_s[key] = audio_s
        self._tenant_of[key] = tenant

    def pop(self) -> Key | None:
        """Whose turn it is, or None."""
        if not self._lines:
            return None
        tenant = min(self._lines, key=lambda name: (self._lines[name].turn, self._lines[name].arrival))
        line = self._lines[tenant]
        key = next(iter(line.audio_s))
        self._now = line.turn
        line.turn += line.audio_s[key]
        self._owed = {name: turn for name, turn in self._owed.items() if turn > self._now}
        self.remove(key)
        return key

    def remove(self, key: Key) -> bool:
        """Take it out without a turn being paid for. True if it was waiting."""
        tenant = self._tenant_of.pop(key, None)
        if tenant is None:
            return False
        line = self._lines[tenant]
        del line.audio_s[key]
        if not line.audio_s:
            del self._lines[tenant]
            if line.turn > self._now:
                self._owed[tenant] = line.turn
        if not self._lines:  # the backlog is over: nobody owes anything
            self._owed.clear()
            self._now = 0.0
        return True
