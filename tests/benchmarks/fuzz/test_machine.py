"""The session keeps its promises whatever comes; a session with a fault in it is caught."""

from __future__ import annotations

import pytest
from hypothesis import Phase

from benchmarks.fuzz.machine import StreamMachine, run_machine
from cloud_server.session import Session
from cloud_server.session_commands import Command
from protos import messages as m
from protos.errors import SpeechError


class Forgets(Session):
    def failed(self, segment_id: int, error: SpeechError, correlation_id: str = "") -> list[Command]:
        self._pending.pop(segment_id, None)
        return []


class Overtakes(Session):
    def _answer(self, answer: object, responses: list[m.Response]) -> list[Command]:
        self._pending.move_to_end(next(reversed(self._pending)), last=False)
        return super()._answer(answer, responses)  # type: ignore[arg-type]


class Crashes(Session):
    def _audio(self, chunk: m.AudioChunk, now_s: float) -> list[Command]:
        return super()._audio(chunk, now_s) if chunk.seq != 1 else [()[chunk.seq]]


@pytest.mark.timeout(400)
def test_two_thousand_sessions_end_as_they_must() -> None:
    run_machine(2000, 1)


@pytest.mark.parametrize("broken", [Forgets, Overtakes, Crashes])
def test_a_planted_fault_is_found(broken: type[Session]) -> None:
    class Machine(StreamMachine):
        session_class = broken

    with pytest.raises((AssertionError, IndexError)):
        run_machine(500, 1, Machine, (Phase.generate,))
