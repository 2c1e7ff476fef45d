"""An edge to be harmed: `python -m benchmarks.faults.edge_process`. Writes down what it promised and what it showed; ends when it has said all."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

import edge_client.app
import edge_client.backlog
from benchmarks.faults.events import Closed, Finished, Joined, Opened, Shown
from benchmarks.faults.inside import Diary, WallClock, apply_hooks, obey, setting
from benchmarks.faults.speech import Speech
from edge_client.app import EdgeSession
from edge_client.config import Config, SpoolConfig, TransportConfig
from edge_client.ledger import SegmentOutcome
from edge_client.segmenter import SegmentEnded, SegmentEvent, SegmentStarted
from edge_client.transport import Transport
from protos import messages as m

# Half-open links are found within two seconds here, that a campaign may end; what is found is the same.
KEEPALIVE_S = 1.0
ATTEMPT_S = 2.0
UNANSWERED_S = 10.0
# Twice the deadline that servers have here.
ANSWER_S = 120.0


class RecordedTransport(Transport):
    """Writes down which sessions greeted it."""

    diary: Diary

    def _react(self, response: m.Response) -> None:
        if isinstance(response, m.Session):
            self.diary.write(Joined(response.session_id))
        super()._react(response)


class RecordedSession(EdgeSession):
    """Writes down each segment once it is kept: what was kept and not written down is at most one."""

    def __init__(self, diary: Diary, source: Speech, config: Config) -> None:
        super().__init__(source, config, on_earlier=lambda outcome: diary.write(shown(outcome, is_earlier=True)))
        # Its source is read as fast as it is heard, and its pauses are told all the same: what is begun in one is to be lost, cut and killed too.
        self._chunker.tells_pauses = True
        self._diary, self._start_sample = diary, 0

    def _take(self, event: SegmentEvent) -> bool:
        if isinstance(event, SegmentStarted):
            self._start_sample = event.start_sample
            self._diary.write(Opened(event.start_sample))
        is_any_sent = super()._take(event)
        if isinstance(event, SegmentEnded):
            self._diary.write(Closed(self._start_sample, event.end_sample))
        return is_any_sent


def shown(outcome: SegmentOutcome, *, is_earlier: bool = False) -> Shown:
    answer, start, end = outcome.answer, outcome.start_sample, outcome.end_sample
    if isinstance(answer, m.Reject):
        return Shown(start, end, None, answer.reason.name, is_earlier=is_earlier)
    return Shown(start, end, answer.alternatives[0].transcript if answer.alternatives else "", is_earlier=is_earlier)


async def speak(who: str, source: Speech, config: Config) -> None:
    diary, clock = Diary(who), WallClock().install()
    RecordedTransport.diary = diary
    for module in (edge_client.app, edge_client.backlog):  # of every session from here on
        vars(module)["Transport"] = RecordedTransport

    async def allow(queries: str) -> None:
        source.allow(int(queries))

    obeying = asyncio.create_task(obey({"clock": setting(clock), "allow": allow}))
    session = RecordedSession(diary, source, config)
    async for outcome in session.outcomes():
        diary.write(shown(outcome))
    diary.write(Finished(session.reconnects))
    obeying.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--who", required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--spool", type=Path, required=True)
    parser.add_argument("--recording", type=Path, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--total", type=int, required=True)
    parser.add_argument("--allowed", type=int)
    parser.add_argument("--answer-timeout-s", type=float, default=ANSWER_S)
    parser.add_argument("--hook", action="append", default=[])
    given = parser.parse_args()
    apply_hooks(given.hook)
    transport = TransportConfig(
        given.server,
        keepalive_s=KEEPALIVE_S,
        keepalive_timeout_s=KEEPALIVE_S,
        attempt_timeout_s=ATTEMPT_S,
        max_unanswered_s=UNANSWERED_S,
        answer_timeout_s=given.answer_timeout_s,
        connect_timeout_s=120.0,  # started again in the middle of an outage, it waits as the run before it would have
    )
    config = Config(transport=transport, spool=SpoolConfig(given.spool))
    asyncio.run(speak(given.who, Speech(given.recording, given.total, given.first, given.allowed), config))


if __name__ == "__main__":
    main()
