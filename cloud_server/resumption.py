"""Who may take a session up again, and from whom. Pure: time enters as a number, a connection is whatever the caller calls one."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar

from protos.messages import Session

Owner = TypeVar("Owner")


@dataclass(slots=True)
class _Entry(Generic[Owner]):
    session_id: str
    tenant: str
    owner: Owner | None
    left_s: float = 0.0


class Resumption(Generic[Owner]):
    """`begin` or `resume` when a connection opens, `leave` when it ends. A token lives for `max_age_s` after its last connection.

    Bounded: beyond `max_sessions` without a connection, the one longest left goes first. Its client starts a new session and loses no more than the
    answers it had not read, which are recognised again.
    """

    def __init__(self, max_sessions: int = 10_000, max_age_s: float = 600.0) -> None:
        self._max_sessions, self._max_age_s = max_sessions, max_age_s
        self._connected: dict[str, _Entry[Owner]] = {}
        self._left: OrderedDict[str, _Entry[Owner]] = OrderedDict()

    def begin(self, owner: Owner, tenant: str = "local") -> Session:
        """A new session. The token is 192 random bits."""
        session_id, token = secrets.token_hex(8), secrets.token_urlsafe(24)
        self._connected[token] = _Entry(session_id, tenant, owner)
        return Session(session_id, token)

    def resume(self, token: str, owner: Owner, now_s: float, tenant: str = "local") -> tuple[Session, Owner | None] | None:
        """The session, now `owner`'s, and the connection it was taken from; None if the token leads nowhere any more, or to another tenant's."""
        self._forget(now_s)
        entry = self._connected.get(token) or self._left.get(token)
        if entry is None or entry.tenant != tenant:
            return None
        self._left.pop(token, None)
        previous, entry.owner = entry.owner, owner
        self._connected[token] = entry
        return Session(entry.session_id, token, resumed=True), previous

    def adopt(self, session: Session, owner: Owner, tenant: str = "local") -> Session:
        """A session that began at another server, and whose token nobody here knows yet."""
        self._connected[session.resume_token] = _Entry(session.session_id, tenant, owner)
        return session

    def leave(self, token: str, owner: Owner, now_s: float) -> None:
        """Nothing if a newer connection owns the session."""
        entry = self._connected.get(token)
        if entry is None or entry.owner is not owner:
            return
        entry.owner, entry.left_s = None, now_s
        self._left[token] = self._connected.pop(token)
        self._forget(now_s)

    def _forget(self, now_s: float) -> None:
        while self._left:
            oldest = next(iter(self._left.values()))
            if len(self._left) <= self._max_sessions and now_s - oldest.left_s <= self._max_age_s:
                return
            self._left.popitem(last=False)
