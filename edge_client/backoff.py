"""When to try again after a connection broke, and when trying again cannot help. Pure: chance enters as a number."""

from __future__ import annotations

from dataclasses import dataclass, field

from protos.messages import RejectReason

# Names of gRPC's status codes: a person must change something, or (ABORTED) somebody else speaks for this session now.
STOPPING_CODES = frozenset(
    {"UNAUTHENTICATED", "PERMISSION_DENIED", "INVALID_ARGUMENT", "FAILED_PRECONDITION", "NOT_FOUND", "UNIMPLEMENTED", "ABORTED"}
)
# gRPC reports a failed TLS handshake as UNAVAILABLE; only its words tell it from a server that is away. One that was merely cut names none of these.
TLS_WORDS = ("certificate", "wrong_version_number", "alert")
# The connection broke these segments, not what is in them: the same bytes on another one may pass.
RETRIED_REASONS = frozenset({RejectReason.DRAINING, RejectReason.TAKEN_OVER, RejectReason.STARVED, RejectReason.CHECKSUM})


def may_help_again(code: str, details: str) -> bool:
    """Whether a stream that ended with this status is worth another connection. code: the name of gRPC's."""
    if code == "UNAVAILABLE":
        return not any(word in details.lower() for word in TLS_WORDS)
    return code not in STOPPING_CODES


def is_final(reason: RejectReason) -> bool:
    """Whether a Reject with this reason is the segment's outcome."""
    return reason not in RETRIED_REASONS


@dataclass(slots=True)
class Backoff:
    """Full jitter: uniform between nothing and a bound that doubles, so that clients cut off together do not come back together."""

    first_s: float = 0.25
    longest_s: float = 2.0
    _bound_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._bound_s = self.first_s

    def next_s(self, chance: float) -> float:
        """How long to wait before the next attempt. chance: uniform within 0..1."""
        wait_s = chance * self._bound_s
        self._bound_s = min(self.longest_s, 2 * self._bound_s)
        return wait_s

    def reset(self) -> None:
        """The last connection was of use."""
        self._bound_s = self.first_s
