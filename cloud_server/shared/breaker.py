"""Whether a store that fails is still asked. Pure: time enters as `now_s`.

    CLOSED --`failures` failures in a row--> OPEN --a success--> CLOSED

While it is open nobody asks the store but a probe, every `probe_every_s`, off everybody's path: a store that hangs costs `failures` waits and not one
more, however long it hangs.
"""

from __future__ import annotations


class Breaker:
    def __init__(self, failures: int = 5, probe_every_s: float = 5.0) -> None:
        self._most, self._probe_every_s = failures, probe_every_s
        self._in_a_row = 0
        self._asked_s = 0.0
        """When it opened, or was last probed."""

    @property
    def is_open(self) -> bool:
        return self._in_a_row >= self._most

    def succeeded(self) -> None:
        self._in_a_row = 0

    def failed(self, now_s: float) -> None:
        """Of requests under way when it opened: they change nothing."""
        if self.is_open:
            return
        self._in_a_row += 1
        self._asked_s = now_s

    def take_probe(self, now_s: float) -> bool:
        """Whether a probe is due; the next one is then `probe_every_s` away."""
        if not self.is_open or now_s - self._asked_s < self._probe_every_s:
            return False
        self._asked_s = now_s
        return True
