"""What a bad link does to the bytes that go through it one way. Values only: `proxy` does it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from protos.errors import ConfigurationError

Way = Literal["up", "down"]
"""up: from whoever connects to the server; down: back."""
WAYS: tuple[Way, ...] = ("up", "down")


@dataclass(frozen=True, slots=True)
class Toxic:
    """The default changes nothing."""

    latency_s: float = 0.0
    """From a byte's coming in to its going out; bytes under way follow one another, so it costs no bandwidth."""
    bytes_per_second: float | None = None
    """Of each link; None: as fast as it goes."""
    slice_bytes: int | None = None
    """The most that goes out at once; None: as it came."""
    limit_bytes: int | None = None
    """A link ends (FIN) once so much went through it; None: never."""
    slow_close_s: float = 0.0
    """How much later the other side learns that this one closed."""

    def __post_init__(self) -> None:
        """Raises: ConfigurationError."""
        for name in ("latency_s", "slow_close_s"):
            if getattr(self, name) < 0:
                raise ConfigurationError(f"{name} is {getattr(self, name)}, must be at least 0")
        for name in ("bytes_per_second", "slice_bytes", "limit_bytes"):
            if (value := getattr(self, name)) is not None and value <= 0:
                raise ConfigurationError(f"{name} is {value}, must be more than 0")

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """The same bytes in the same order."""
        size = self.slice_bytes or max(1, len(data))
        return (data[start : start + size] for start in range(0, len(data), size))

    def throttled_s(self, size: int) -> float:
        return size / self.bytes_per_second if self.bytes_per_second else 0.0


SOUND = Toxic()
