"""Whose a session is: among this server's connections, and where there is a store among those of all servers.

Each connection writes a claim; of two the one with the higher order holds. A connection's order is above that of the claim it found when it came, so
the newest connection wins; where none could be found, the servers' clocks decide. Every few seconds each server looks whether its claims still hold,
gives up sessions whose do not, and writes again what is missing: whatever the store forgets, the sessions that are open put back.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from cloud_server.resumption import Resumption
from cloud_server.shared.records import Claim, decode_claim, encode_claim
from cloud_server.shared.seat import Seat
from cloud_server.shared.store import Operation, Store, Unavailable
from protos.messages import Session

Owner = TypeVar("Owner")
RENEW_AFTER_S = 60.0
TTL_S = 600.0 + RENEW_AFTER_S
"""Renewed while somebody is connected, so that ten minutes are left whenever the connection, or the whole server, ends."""


@dataclass(slots=True)
class _Held(Generic[Owner]):
    """A session of a connection that is open."""

    owner: Owner
    seat: Seat
    session_id: str
    holder: str
    claim: Claim | None = None
    """None: what others claim is being looked up."""
    written_s: float = 0.0


class Sessions(Generic[Owner]):
    """`open` when a connection begins, `leave` when it ends; `follow` runs beside them where there is a store."""

    def __init__(self, store: Store | None = None, wall: Callable[[], float] = time.time) -> None:
        self._resumption: Resumption[Owner] = Resumption()
        self._store, self._wall = store, wall
        self._held: dict[str, _Held[Owner]] = {}
        """By resume token."""
        self._claiming: set[asyncio.Task[None]] = set()

    async def open(self, token: str, owner: Owner, tenant: str, now_s: float) -> tuple[Session, Owner | None]:
        """The session that the token leads to, and this server's connection it was taken from; otherwise a new session."""
        found = self._resumption.resume(token, owner, now_s, tenant) if token else None
        claim: Claim | None = None
        if found is None and token and self._store is not None:
            claim = await self._claimed(self._store, Seat(token, tenant))
            # Somebody with the same token may have come meanwhile.
            found = self._resumption.resume(token, owner, now_s, tenant)
            if found is None and claim is not None:
                found = self._resumption.adopt(Session(claim.session_id, token, resumed=True), owner, tenant), None
        session, previous = found or (self._resumption.begin(owner, tenant), None)
        if self._store is not None:
            self._hold(self._store, session, owner, tenant, claim, now_s)
        return session, previous

    def leave(self, session: Session, owner: Owner, now_s: float) -> None:
        """Nothing if a newer connection has the session. Its claim stays for as long as its token is good."""
        self._resumption.leave(session.resume_token, owner, now_s)
        held = self._held.get(session.resume_token)
        if held is not None and held.owner is owner:
            del self._held[session.resume_token]

    def close(self) -> None:
        """The store is about to go."""
        for task in self._claiming:
            task.cancel()

    async def follow(self, store: Store, end: Callable[[Owner], None]) -> None:
        """For ever. end: told of each connection whose session is another's now."""
        while True:
            await asyncio.sleep(store.access.check_every_s)
            for owner in await self.check(store, time.monotonic()):
                end(owner)

    async def check(self, store: Store, now_s: float) -> list[Owner]:
        """Connections whose session a newer one has at another server. Claims that are missing, or due, are written."""
        taken: list[Owner] = []
        for token, held in list(self._held.items()):
            if store.is_left_alone:
                break
            if await self._has_lost(store, token, held, now_s):
                del self._held[token]
                taken.append(held.owner)
        return taken

    async def _has_lost(self, store: Store, token: str, held: _Held[Owner], now_s: float) -> bool:
        try:
            found = await self._read(store, held.seat, "watch")
        except Unavailable:
            return False
        claim = held.claim
        if claim is None or self._held.get(token) is not held:
            return False  # not yet to be lost, or not any more
        if found is not None and found.beats(claim):
            return True
        if found != claim or now_s - held.written_s >= RENEW_AFTER_S:
            self._write(store, held, claim, now_s)
        return False

    def _hold(self, store: Store, session: Session, owner: Owner, tenant: str, found: Claim | None, now_s: float) -> None:
        held = _Held(owner, Seat(session.resume_token, tenant), session.session_id, secrets.token_hex(8))
        self._held[session.resume_token] = held
        if session.resumed and found is None:
            # Known here, so nobody asked the store: another server may have had it in between.
            task = asyncio.create_task(self._claim_soon(store, session.resume_token, held, now_s))
            self._claiming.add(task)
            task.add_done_callback(self._claiming.discard)
        else:
            self._claim(store, held, found, now_s)

    async def _claim_soon(self, store: Store, token: str, held: _Held[Owner], now_s: float) -> None:
        found = await self._claimed(store, held.seat)
        if self._held.get(token) is held:
            self._claim(store, held, found, now_s)

    def _claim(self, store: Store, held: _Held[Owner], found: Claim | None, now_s: float) -> None:
        order = max(round(self._wall() * 1000), found.order + 1 if found is not None else 0)
        held.claim = Claim(held.session_id, order, held.holder)
        self._write(store, held, held.claim, now_s)

    def _write(self, store: Store, held: _Held[Owner], claim: Claim, now_s: float) -> None:
        held.written_s = now_s
        store.put(held.seat.session_name, partial(_sealed, held.seat, claim), TTL_S)

    async def _claimed(self, store: Store, seat: Seat) -> Claim | None:
        try:
            return await self._read(store, seat, "read")
        except Unavailable:
            return None

    async def _read(self, store: Store, seat: Seat, operation: Operation) -> Claim | None:
        name = seat.session_name
        return await store.read(name, lambda value: decode_claim(seat.open(name, value)), operation=operation)


def _sealed(seat: Seat, claim: Claim) -> bytes:
    return seat.seal(seat.session_name, encode_claim(claim))
