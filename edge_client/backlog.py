"""What earlier runs of this program did not get answered: sent as CATCHUP on a stream beside the live one, with its own numbers and capture times."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from itertools import groupby

import google_crc32c

from edge_client.config import TransportConfig
from edge_client.ledger import Ledger, SegmentOutcome
from edge_client.outbox import SegmentRequest
from edge_client.spool import Key, Spool
from edge_client.transport import Transport
from protos import messages as m
from protos.errors import PermissionDenied, SpeechError, Unauthenticated, Unreachable


class Backlog:
    """Iterate `outcomes` once. One segment at a time: live speech shares the link, and the server puts it first anyway."""

    def __init__(self, spool: Spool, config: TransportConfig, session: m.StreamingConfig) -> None:
        self._spool, self._config = spool, config
        self._session = replace(session, interim_results=False)
        self.notices: list[str] = []

    async def outcomes(self) -> AsyncGenerator[SegmentOutcome, None]:
        """In the order it was spoken, run by run. What the server does not answer stays for the next run."""
        for _, keys in groupby(self._spool.left_over, lambda key: key.run):
            segments = [(key, segment) for key in keys if (segment := self._read(key))]
            if not segments:
                continue
            try:
                async with aclosing(self._run(segments)) as outcomes:
                    async for outcome in outcomes:
                        yield outcome
            except (Unreachable, Unauthenticated, PermissionDenied, TimeoutError) as error:
                reason = error.message if isinstance(error, SpeechError) else f"no answer within {self._config.answer_timeout_s:g} s"
                self.notices.append(f"earlier speech stays in the spool: {reason}")
                return

    def _read(self, key: Key) -> list[SegmentRequest]:
        """Empty, and gone from the disk, if no audio of it can be read."""
        segment = as_catchup([request for request in self._spool.read(key) if isinstance(request, SegmentRequest)])
        if not segment:
            self._spool.delete(key)
            self.notices.append(f"{key.name} could not be read, and is lost")
        return segment

    async def _run(self, segments: list[tuple[Key, list[SegmentRequest]]]) -> AsyncGenerator[SegmentOutcome, None]:
        transport, ledger = Transport(self._config, self._session), Ledger()
        remaining = iter(segments)
        key = _send(next(remaining), transport, ledger)
        async with aclosing(transport.responses()) as responses:
            while (response := await self._heard(responses)) is not None:
                match response:
                    case m.Result(is_final=True) | m.Reject():
                        ledger.answer(response, time.monotonic())
                    case m.SearchResults():
                        ledger.found(response, time.monotonic())
                    case _:
                        continue
                for outcome in ledger.take():
                    yield outcome
                    transport.settle(outcome.segment_id)
                    self._spool.delete(key)
                    if (following := next(remaining, None)) is not None:
                        key = _send(following, transport, ledger)
                    else:
                        transport.end_input()

    async def _heard(self, responses: AsyncIterator[m.Response]) -> m.Response | None:
        """None: there are no more. Raises: TimeoutError: neither an answer nor another link in the time for both."""
        async with asyncio.timeout(self._config.answer_timeout_s + self._config.outage_timeout_s):
            return await anext(responses, None)


def as_catchup(requests: Sequence[SegmentRequest]) -> list[SegmentRequest]:
    """The segment with its end made if a crash cut it off: half a query is better than none. Empty without a start or without audio."""
    chunks = [request for request in requests if isinstance(request, m.AudioChunk)]
    if not chunks or not isinstance(requests[0], m.SegmentStart):
        return []
    if isinstance(requests[-1], m.SegmentEnd):
        end = requests[-1]
    else:
        pcm = b"".join(chunk.data for chunk in chunks)
        end = m.SegmentEnd(requests[0].segment_id, m.EndReason.CAPTURE_GAP, len(pcm) // m.BYTES_PER_SAMPLE, google_crc32c.value(pcm))
    return [replace(requests[0], priority=m.Priority.CATCHUP), *chunks, end]


def _send(keyed: tuple[Key, list[SegmentRequest]], transport: Transport, ledger: Ledger) -> Key:
    key, segment = keyed
    start, end = segment[0], segment[-1]
    assert isinstance(start, m.SegmentStart)  # noqa: S101 - as_catchup made it
    assert isinstance(end, m.SegmentEnd)  # noqa: S101 - as_catchup made it
    ledger.open(start.segment_id, start.capture_start)
    ledger.close(start.segment_id, start.capture_start + end.sample_count, time.monotonic())
    for request in segment:
        transport.send(request)
    return key
