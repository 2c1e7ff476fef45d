"""What edges, servers and the harness write down, one JSON line each: the history that is checked off line. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from protos.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Opened:
    """An edge heard speech begin. Its speaker never says the same sample twice, so this names the segment, whatever its number in a session."""

    start_sample: int


@dataclass(frozen=True, slots=True)
class Closed:
    """The edge ended the segment, and promises an outcome."""

    start_sample: int
    end_sample: int


@dataclass(frozen=True, slots=True)
class Joined:
    """An edge was greeted into this session."""

    session_id: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An outcome that a person saw."""

    start_sample: int
    end_sample: int
    text: str | None
    """None: it was rejected."""
    reason: str = ""
    """Of the Reject."""
    is_earlier: bool = False
    """Of a run before this one."""


@dataclass(frozen=True, slots=True)
class Finished:
    """An edge has said all it had to say, and has its answers."""

    reconnects: int


@dataclass(frozen=True, slots=True)
class Recognised:
    """A server began to recognise a segment; a repeat that it knows the answer of costs none."""

    session_id: str
    segment_id: int
    crc32c: int


@dataclass(frozen=True, slots=True)
class Answered:
    """A server handed an answer to its connection."""

    session_id: str
    segment_id: int
    text: str | None


@dataclass(frozen=True, slots=True)
class Ready:
    """A server listens."""

    address: str
    metrics_address: str


@dataclass(frozen=True, slots=True)
class Vitals:
    """What a server holds."""

    streams: int
    queued_s: float
    descriptors: int
    threads: int
    tasks: int
    children: int
    is_after: bool = False
    """Once every edge had finished; else before the first came."""


@dataclass(frozen=True, slots=True)
class Flooded:
    """More audio was sent at once than a server may queue, while its worker stood still."""

    sent: int
    answered: int
    """Each by a result or a reject."""
    rejected: int
    most_queued_s: float
    limit_s: float


@dataclass(frozen=True, slots=True)
class Struck:
    """The harness did harm."""

    kind: str
    victim: str = ""


@dataclass(frozen=True, slots=True)
class Exited:
    """A process ended that should have ended like this, in good order or not."""

    code: int
    was_killed: bool


Event = Opened | Closed | Joined | Shown | Finished | Recognised | Answered | Ready | Vitals | Flooded | Struck | Exited
KINDS: dict[str, type[Event]] = {
    kind.__name__.lower(): kind
    for kind in (Opened, Closed, Joined, Shown, Finished, Recognised, Answered, Ready, Vitals, Flooded, Struck, Exited)
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """One event of one process; records of a process are in its own order."""

    who: str
    """edge-SPEAKER-RUN, server-NUMBER or harness."""
    at_s: float
    """On the machine's monotonic clock, which all processes share."""
    event: Event

    @property
    def speaker(self) -> str:
        """Whose edge wrote it, whichever run of it; empty if none did."""
        kind, _, rest = self.who.partition("-")
        return rest.partition("-")[0] if kind == "edge" else ""


def to_line(record: Record) -> str:
    return json.dumps({"who": record.who, "at_s": round(record.at_s, 6), "event": type(record.event).__name__.lower(), **asdict(record.event)})


def from_line(line: str) -> Record:
    """Raises: ConfigurationError: it is no line of a history."""
    try:
        fields = json.loads(line)
        who, at_s, kind = fields.pop("who"), fields.pop("at_s"), KINDS[fields.pop("event")]
        return Record(who, at_s, kind(**fields))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"not a line of a history: {line[:200]!r}") from error


def read_history(lines: Iterable[str]) -> list[Record]:
    return [from_line(line) for line in lines if line.strip()]
