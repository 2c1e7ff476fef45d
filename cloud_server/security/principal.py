"""Who is calling and what they may do. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from protos.errors import ConfigurationError


class Scope(StrEnum):
    """A right a token or key can carry; the names are the contract's."""

    STREAM = "asr.stream"
    SEARCH = "search"
    FEEDBACK = "feedback"
    CAPTURE = "capture"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Principal:
    tenant: str
    """Whose quota, whose turn, whose sessions."""
    scopes: frozenset[Scope]
    expires_s: float | None = None
    """Wall clock, seconds since 1970; None: never."""


LOCAL = Principal("local", frozenset(Scope))
"""Everybody on a server that asks for no token: one person's machine."""


def parse_scopes(text: str) -> frozenset[Scope]:
    """'asr.stream search' -> scopes. Raises: ConfigurationError: names one that does not exist."""
    known = {scope.value: scope for scope in Scope}
    wanted = text.split()
    for name in wanted:
        if name not in known:
            raise ConfigurationError(f"scope {name!r} is none of {', '.join(known)}")
    return frozenset(known[name] for name in wanted)
