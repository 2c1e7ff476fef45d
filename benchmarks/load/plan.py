"""What one generator process is told, and what it tells: lines of JSON between processes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.load.arrivals import Visit
from benchmarks.load.outcomes import Outcome
from benchmarks.load.script import Recording


@dataclass(frozen=True, slots=True)
class WayIn:
    """To the server, as harken-edge's flags say it. A token comes from the environment, or from its file."""

    server: str
    tls: bool = False
    tls_ca: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None
    token_file: str | None = None

    @classmethod
    def of(cls, server: str, tls: bool, ca: Path | None, cert: Path | None, key: Path | None, token_file: Path | None) -> WayIn:
        return cls(server, tls, *(None if path is None else str(path) for path in (ca, cert, key, token_file)))


@dataclass(frozen=True, slots=True)
class Plan:
    way_in: WayIn
    recordings: tuple[Recording, ...]
    visits: tuple[Visit, ...]
    interim: bool
    paced: bool
    jitter_s: float
    loss: float
    catalogue: str
    patience_s: float
    seed: int

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Plan:
        raw = json.loads(text)
        raw["way_in"] = WayIn(**raw["way_in"])
        raw["recordings"] = tuple(Recording(**row) for row in raw["recordings"])
        raw["visits"] = tuple(Visit(**row) for row in raw["visits"])
        return cls(**raw)


@dataclass(frozen=True, slots=True)
class Told:
    """By one generator, at its end."""

    outcomes: tuple[Outcome, ...]
    reconnects: int
    troubles: tuple[str, ...]
    """Why sessions ended early, each sentence once."""
    cpu_s: float

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Told:
        raw = json.loads(text)
        return cls(tuple(Outcome(**row) for row in raw["outcomes"]), raw["reconnects"], tuple(raw["troubles"]), raw["cpu_s"])
