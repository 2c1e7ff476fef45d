"""One session that speaks when its time has come, through the edge's own transport: it resumes, sends again and shows each segment once."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from random import Random

from benchmarks.load.network import Network
from benchmarks.load.outcomes import LOST, OK, Outcome
from benchmarks.load.script import Script, audio_s
from edge_client.config import TransportConfig
from edge_client.ledger import Ledger, SegmentOutcome
from edge_client.transport import Transport
from protos import messages as m
from protos.errors import SpeechError

CONNECT_AHEAD_S = 1.0
"""Edges are connected long before somebody speaks."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A script, and when this session speaks it."""

    visit: int
    at_s: float
    script: Script


@dataclass(slots=True)
class _Segment:
    turn: Turn
    audio_s: float
    onset_s: float
    closed_s: float
    interim_s: float | None = None
    final_s: float | None = None
    hits_s: float | None = None
    lag_s: float = 0.0
    shown: list[SegmentOutcome] = field(default_factory=list)


class Speaker:
    """Make one for each session; `run` once."""

    def __init__(
        self,
        session: int,
        turns: Sequence[Turn],
        config: TransportConfig,
        wish: m.StreamingConfig,
        network: Network,
        chance: Random,
        *,
        paced: bool,
        patience_s: float,
        clock: Callable[[], float] = time.monotonic,
        over: asyncio.Event | None = None,
    ) -> None:
        """paced: as fast as people speak; otherwise whole recordings at once. patience_s: for answers after the last segment. over: once set, no
        turn is begun any more.
        """
        self._session, self._turns, self._config, self._wish = session, turns, config, wish
        self._network, self._chance, self._paced, self._patience_s, self._clock = network, chance, paced, patience_s, clock
        self._over = over or asyncio.Event()
        self._ledger = Ledger()
        self._segments: dict[int, _Segment] = {}
        self.trouble = ""
        """What ended the session early."""
        self.reconnects = 0
        self.repeats: Counter[int] = Counter()
        """Final answers by segment, those that came again after a reconnect included; a person is shown one."""

    async def run(self, start_s: float) -> list[Outcome]:
        """start_s: where the run's clock begins on `clock`'s."""
        if await self._is_over_by(start_s + self._turns[0].at_s - CONNECT_AHEAD_S):
            return []
        transport = Transport(self._config, self._wish)
        receiving = asyncio.create_task(self._receive(transport, start_s))
        try:
            for turn in self._turns:
                if await self._is_over_by(start_s + turn.at_s):
                    break
                await self._speak(turn, transport, start_s)
            transport.end_input()
            await asyncio.wait([receiving], timeout=self._patience_s)
        finally:
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)
        self.reconnects = transport.reconnects
        return [self._outcome(segment) for segment in self._segments.values()]

    async def _speak(self, turn: Turn, transport: Transport, start_s: float) -> None:
        first_id, begin_s = len(self._segments) + 1, start_s + turn.at_s
        for number, spoken in enumerate(turn.script.segments):
            onset_s, closed_s = (turn.script.onset_s(number), turn.script.closed_s(number)) if self._paced else (0.0, 0.0)
            self._segments[first_id + number] = _Segment(turn, audio_s(spoken), turn.at_s + onset_s, turn.at_s + closed_s)
        requests = list(turn.script.requests(first_id, round(turn.at_s * m.SAMPLE_RATE_HZ)))
        due_s = [begin_s + (offset_s if self._paced else 0.0) for offset_s, _ in requests]
        for at_s, (_, request) in zip(self._network.arrivals(due_s, self._chance), requests, strict=True):
            await self._sleep_until(at_s)
            segment = self._segments[request.segment_id]
            segment.lag_s = max(segment.lag_s, self._clock() - at_s)
            if isinstance(request, m.SegmentStart):
                self._ledger.open(request.segment_id, request.capture_start)
            elif isinstance(request, m.SegmentEnd):
                self._ledger.close(request.segment_id, 0, start_s + segment.closed_s)
            for lost in transport.send(request):
                self._ledger.lose(m.Reject(lost, m.RejectReason.SPOOL_FULL), self._clock())
            self._show(transport)

    async def _receive(self, transport: Transport, start_s: float) -> None:
        try:
            async with aclosing(transport.responses()) as responses:
                async for response in responses:
                    self._take(response, self._clock() - start_s)
                    self._show(transport)
        except SpeechError as error:
            self.trouble = error.message

    def _take(self, response: m.Response, now_s: float) -> None:
        segment = self._segments.get(getattr(response, "segment_id", 0))
        if segment is None:
            return
        match response:
            case m.Result(is_final=False) if segment.interim_s is None:
                segment.interim_s = now_s - segment.onset_s
            case m.Result(is_final=True) | m.Reject():
                self.repeats[response.segment_id] += 1
                if segment.final_s is None and isinstance(response, m.Result):
                    segment.final_s = now_s - segment.closed_s
                self._ledger.answer(response, now_s)
            case m.SearchResults():
                if segment.hits_s is None:
                    segment.hits_s = now_s - segment.closed_s
                self._ledger.found(response, now_s)
            case _:
                pass

    def _show(self, transport: Transport) -> None:
        """As an edge does: in order, once, and whatever has been shown is sent no more."""
        for outcome in self._ledger.take():
            self._segments[outcome.segment_id].shown.append(outcome)
            transport.settle(outcome.segment_id)

    def _outcome(self, segment: _Segment) -> Outcome:
        shown = segment.shown[0] if segment.shown else None
        answer = None if shown is None else shown.answer
        outcome = LOST if answer is None else answer.reason.name.lower() if isinstance(answer, m.Reject) else OK
        result = answer if isinstance(answer, m.Result) else m.Result()
        return Outcome(
            self._session,
            segment.turn.visit,
            segment.audio_s,
            segment.onset_s,
            segment.closed_s,
            outcome,
            segment.interim_s,
            segment.final_s if outcome == OK else None,
            segment.hits_s if outcome == OK else None,
            result.alternatives[0].transcript if result.alternatives else "",
            bool(shown and shown.results and shown.results.hits),
            len(segment.shown),
            round(max(0.0, segment.lag_s), 4),
            {timing.stage: timing.duration for timing in result.stage_timings},
        )

    async def _is_over_by(self, at_s: float) -> bool:
        """Waits until then, or until nobody is to begin any more."""
        try:
            async with asyncio.timeout(max(0.0, at_s - self._clock())):
                await self._over.wait()
        except TimeoutError:
            pass
        return self._over.is_set()

    async def _sleep_until(self, at_s: float) -> None:
        if (wait_s := at_s - self._clock()) > 0:
            await asyncio.sleep(wait_s)
