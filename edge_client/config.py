"""What an edge client may be told, in one frozen tree. Values only: reading flags and the environment is __main__'s work."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from edge_client.access import Access
from protos.errors import ConfigurationError
from protos.messages import FRAME_MS, SAMPLE_RATE_HZ

# While somebody watches the words appear: two of these complete the 312 ms after which a server listens again. With 200 ms every other partial would
# come 180 ms late.
INTERIM_CHUNK_MS = 160


@dataclass(frozen=True, slots=True)
class VadConfig:
    mode: int = 1
    """0 (keeps most) .. 3 (drops most) of WebRTC's detector. 3 loses speech of 11 in 40 clips in light noise, 1 of none (benchmarks/LOG.md)."""
    hold_db: float = 35.0
    """A frame this far below the segment's loudest still belongs to it."""
    floor_margin_db: float = 6.0
    """... if it is this far above the room."""

    def __post_init__(self) -> None:
        """Raises: ConfigurationError."""
        if self.mode not in range(4):
            raise ConfigurationError(f"vad mode is {self.mode}, must be within 0..3")
        if self.hold_db < 0 or self.floor_margin_db < 0:
            raise ConfigurationError(f"hold_db {self.hold_db:g} and floor_margin_db {self.floor_margin_db:g} must not be negative")


@dataclass(frozen=True, slots=True)
class SegmenterConfig:
    """All in milliseconds, multiples of a frame."""

    onset_voiced_ms: int = 60
    """So much speech ..."""
    onset_window_ms: int = 120
    """... within this long opens a segment: one click does not, one short syllable does."""
    pre_roll_ms: int = 300
    """Kept from before the onset: unvoiced first consonants are quiet."""
    hang_over_ms: int = 500
    """So much without speech closes it: pauses within a query are shorter."""
    tail_ms: int = 240
    """Of the hang-over, how much is sent: soft word ends are quiet too, the rest is silence nobody needs."""
    bridge_ms: int = 600
    """A silence this short between two segments is sent with the second: somebody thought for a moment, and soft sounds may be in it."""
    max_ms: int = 20_000
    """Longer speech is cut, without losing a sample: attention grows with the square of the length."""

    def __post_init__(self) -> None:
        """Raises: ConfigurationError: not whole frames, or out of order."""
        for name in self.__slots__:
            value = getattr(self, name)
            if value < 0 or value % FRAME_MS:
                raise ConfigurationError(f"{name} is {value}, must be a multiple of {FRAME_MS}")
        if not 0 < self.onset_voiced_ms <= self.onset_window_ms:
            raise ConfigurationError(f"onset_voiced_ms is {self.onset_voiced_ms}, must be within 1..onset_window_ms ({self.onset_window_ms})")
        if not self.tail_ms <= self.hang_over_ms or self.max_ms <= self.pre_roll_ms + self.onset_window_ms + self.hang_over_ms:
            raise ConfigurationError(f"tail {self.tail_ms} must fit the hang-over {self.hang_over_ms}, and both with the pre-roll {self.max_ms} ms")


@dataclass(frozen=True, slots=True)
class AdaptiveConfig:
    """Hang-overs in milliseconds by what the server heard so far; the usual one while it has not said."""

    complete_ms: int = 260
    """Something of the catalogue was named in full: there is nothing to wait for."""
    incomplete_ms: int = 1200
    """It was not: people pause to think."""

    def __post_init__(self) -> None:
        """Raises: ConfigurationError: not whole frames, or out of order."""
        if self.complete_ms % FRAME_MS or self.incomplete_ms % FRAME_MS or not 0 < self.complete_ms <= self.incomplete_ms:
            raise ConfigurationError(
                f"hang-overs are {self.complete_ms} ms (complete) and {self.incomplete_ms} ms (incomplete), "
                f"must be multiples of {FRAME_MS} in this order"
            )


@dataclass(frozen=True, slots=True)
class TransportConfig:
    server: str = "127.0.0.1:50051"
    """HOST:PORT."""
    chunk_ms: int = 200
    """100-400: a message for each 20 ms frame costs the server more than the model does (measured)."""
    connect_timeout_s: float = 10.0
    """For the first connection. Longer than a server needs to start with its model; speech is kept meanwhile."""
    attempt_timeout_s: float = 5.0
    """For one attempt, until the server greets: a link may swallow what is sent into it."""
    outage_timeout_s: float = 120.0
    """How long new attempts are made after a cut, while speech waits, before it ends without an answer."""
    keepalive_s: float = 9.0
    """A peer that fell silent is asked so often ... (10 found a half-open link after 14.95 s, and 15 are promised)"""
    keepalive_timeout_s: float = 5.0
    """... and given up without an answer after this: a half-open link is found within the sum."""
    answer_timeout_s: float = 30.0
    """How long the server may answer nothing while a segment waits: twice its own deadline for one."""
    hits_timeout_s: float = 3.0
    """How long a transcript waits for its hits, ten times what the server gives a search; then it is shown without."""
    max_unanswered_s: float = 30.0
    """Speech without an answer beyond which a source that can wait does: half of what a server queues, so that a second client fits."""
    max_unanswered_bytes: int = 20 * 60 * SAMPLE_RATE_HZ * 2
    """Audio held until it is answered, in memory and in the spool: 20 minutes of speech. Beyond it the oldest segment is lost, aloud."""
    report_every_s: float = 30.0
    """Often enough for an alert on a silent microphone, too seldom to cost anything."""
    access: Access = field(default_factory=Access)

    def __post_init__(self) -> None:
        """Raises: ConfigurationError."""
        if not 100 <= self.chunk_ms <= 400:
            raise ConfigurationError(f"chunk_ms is {self.chunk_ms}, must be within 100..400")
        host, _, port = self.server.rpartition(":")
        if not host or not port.isdigit():
            raise ConfigurationError(f"server is {self.server!r}, must be HOST:PORT")


@dataclass(frozen=True, slots=True)
class SpoolConfig:
    folder: Path
    key_file: Path | None = None
    """32 bytes, mode 600: records are sealed. None: they are as readable as the folder."""


@dataclass(frozen=True, slots=True)
class Config:
    vad: VadConfig = field(default_factory=VadConfig)
    segmenter: SegmenterConfig = field(default_factory=SegmenterConfig)
    transport: TransportConfig = field(default_factory=TransportConfig)
    adaptive: AdaptiveConfig | None = None
    """None: the usual hang-over always, since the model mishears too many titles for the server to know what is complete (benchmarks/LOG.md)."""
    spool: SpoolConfig | None = None
    """None: unanswered speech is in this process's memory alone. A disk that nobody named keeps no voice."""
    catalogue: str = ""
    """Empty: the server's default."""
    max_alternatives: int = 3
    """What a person may want to choose from; search uses more than these on the server."""
    traces: str = ""
    """URL of an OTLP/HTTP collector; empty: nothing is traced."""
    hints: tuple[str, ...] = ()
    """Phrases that may well be said: names, commands."""
