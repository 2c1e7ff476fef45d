"""What the server has not answered yet, and how much of it this connection has sent: after a cut all of it goes again as it was. Pure."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from protos.messages import AudioChunk, CancelSegment, Request, SegmentEnd, SegmentPause, SegmentStart

SegmentRequest = SegmentStart | AudioChunk | SegmentPause | SegmentEnd


@dataclass(slots=True)
class _Kept:
    requests: list[SegmentRequest] = field(default_factory=list)
    audio_bytes: int = 0
    sent: int = 0
    """Messages, on this connection."""
    sent_bytes: int = 0
    """Of audio, on this connection."""

    @property
    def is_ended(self) -> bool:
        return bool(self.requests) and isinstance(self.requests[-1], SegmentEnd)


class Outbox:
    """`add` what is captured, `next` what to send, `settle` what is answered, `rewind` when a connection broke.

    Segments follow one another, and leave in this order on every connection: the server wants rising numbers.
    """

    def __init__(self, max_bytes: int, max_in_flight_bytes: int) -> None:
        """max_bytes: of unanswered audio; the oldest segment makes room. max_in_flight_bytes: sent without an answer; a backlog beyond it waits."""
        self._max_bytes, self._max_in_flight_bytes = max_bytes, max_in_flight_bytes
        self._kept: OrderedDict[int, _Kept] = OrderedDict()
        self._to_send: deque[int] = deque()
        self._others: deque[Request] = deque()
        self._bytes = self._in_flight_bytes = 0
        self._is_held = False

    @property
    def is_empty(self) -> bool:
        """Every segment has its answer."""
        return not self._kept

    @property
    def segments(self) -> int:
        return len(self._kept)

    @property
    def audio_bytes(self) -> int:
        return self._bytes

    @property
    def is_sent(self) -> bool:
        """This connection has everything there is so far."""
        return not self._others and not any(self._remains(segment_id) for segment_id in self._to_send)

    def say(self, request: Request) -> None:
        """Of no segment, and sent once: before any segment that waits."""
        self._others.append(request)

    def add(self, request: SegmentRequest) -> list[int]:
        """Returns: the segments dropped for want of room, the oldest first, perhaps this one; the rest of a dropped segment is dropped in silence."""
        segment_id = request.segment_id
        if isinstance(request, SegmentStart):
            self._kept[segment_id] = _Kept()
            self._to_send.append(segment_id)
        kept = self._kept.get(segment_id)
        if kept is None:
            return []
        dropped = self._make_room(len(request.data)) if isinstance(request, AudioChunk) else []
        if segment_id in dropped:
            return dropped
        kept.requests.append(request)
        if isinstance(request, AudioChunk):
            kept.audio_bytes += len(request.data)
            self._bytes += len(request.data)
        return dropped

    def next(self) -> Request | None:
        """None: nothing to send now."""
        if self._others:
            return self._others.popleft()
        while self._to_send:
            kept = self._kept.get(self._to_send[0])
            if kept is not None and kept.sent < len(kept.requests):
                return None if kept.sent == 0 and self._must_wait else self._sent(kept)
            if kept is not None and not kept.is_ended:
                return None  # still being spoken
            self._to_send.popleft()
        return None

    def settle(self, segment_id: int) -> None:
        """It has its outcome: nothing of it is sent any more. Twice changes nothing."""
        kept = self._kept.pop(segment_id, None)
        if kept is not None:
            self._bytes -= kept.audio_bytes
            self._in_flight_bytes -= kept.sent_bytes

    def drop(self, segment_id: int) -> None:
        """It is lost; the server is told if it heard the beginning of it and waits for the rest."""
        kept = self._kept.get(segment_id)
        if kept is not None and kept.sent > 0 and not (kept.is_ended and kept.sent == len(kept.requests)):
            self._others.append(CancelSegment(segment_id))
        self.settle(segment_id)

    def hold(self) -> None:
        """The server is going away: what was begun is finished, nothing new is begun on this connection."""
        self._is_held = True

    def rewind(self) -> None:
        """A new connection: it knows nothing, and who paused before it has gone on since."""
        for kept in self._kept.values():
            kept.requests = [request for request in kept.requests if not isinstance(request, SegmentPause)]
            kept.sent = kept.sent_bytes = 0
        self._to_send = deque(self._kept)
        self._others = deque(request for request in self._others if not isinstance(request, CancelSegment))
        self._in_flight_bytes, self._is_held = 0, False

    @property
    def _must_wait(self) -> bool:
        return self._is_held or self._in_flight_bytes > self._max_in_flight_bytes

    def _remains(self, segment_id: int) -> bool:
        kept = self._kept.get(segment_id)
        return kept is not None and kept.sent < len(kept.requests)

    def _sent(self, kept: _Kept) -> Request:
        request = kept.requests[kept.sent]
        kept.sent += 1
        if isinstance(request, AudioChunk):
            kept.sent_bytes += len(request.data)
            self._in_flight_bytes += len(request.data)
        return request

    def _make_room(self, size: int) -> list[int]:
        dropped = []
        while self._kept and self._bytes + size > self._max_bytes:
            oldest = next(iter(self._kept))
            self.drop(oldest)
            dropped.append(oldest)
        return dropped
