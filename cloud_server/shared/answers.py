"""Answers kept for a while, so that a segment sent twice costs one recognition: in this server, and where there is a store for all servers."""

from __future__ import annotations

from functools import partial

from cloud_server.finals import Final, Finals, SegmentKey
from cloud_server.shared.records import decode_final, encode_final
from cloud_server.shared.seat import Seat
from cloud_server.shared.store import Store, Unavailable
from protos.messages import Session

TTL_S = 600.0
"""As long as in memory."""


class Answers:
    def __init__(self, store: Store | None = None) -> None:
        self._finals, self._store = Finals(), store

    async def find(self, key: SegmentKey, session: Session, tenant: str, now_s: float) -> Final | None:
        """None: it is no repeat, or its answer is not to be had in time. For a new session the store is not asked: it repeats nothing."""
        known = self.remembered(key, now_s)
        if known is not None or self._store is None or not session.resumed:
            return known
        seat = Seat(session.resume_token, tenant)
        name = seat.answer_name(key.segment_id, key.crc32c)
        try:
            found = await self._store.read(name, lambda value: decode_final(seat.open(name, value)), hurried=True)
        except Unavailable:
            return None
        if found is not None:
            self._finals.keep(key, found, now_s)
        return found

    def remembered(self, key: SegmentKey, now_s: float) -> Final | None:
        """By this server."""
        return self._finals.find(key, now_s)

    def keep(self, key: SegmentKey, session: Session, tenant: str, final: Final, now_s: float) -> None:
        """Nobody waits for the store. The first answer stands, there too."""
        self._finals.keep(key, final, now_s)
        if self._store is not None:
            seat = Seat(session.resume_token, tenant)
            name = seat.answer_name(key.segment_id, key.crc32c)
            self._store.put(name, partial(_sealed, seat, name, final), TTL_S, only_new=True)


def _sealed(seat: Seat, name: str, final: Final) -> bytes:
    return seat.seal(name, encode_final(final))
