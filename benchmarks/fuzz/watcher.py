"""Holds a session's commands against the promises of `cloud_server.session`. Pure; knows of a session only what goes in and what comes out."""

from __future__ import annotations

from collections.abc import Sequence

from cloud_server.interim import Hear
from cloud_server.session_commands import Close, Command, Drop, Guess, Search, Send, Transcribe
from protos import messages as m


class Broken(AssertionError):
    """A promise was not kept."""


class Watcher:
    """Told of every SegmentStart that was taken and of all commands, in order."""

    def __init__(self) -> None:
        self.started: list[int] = []
        self.answered: list[int] = []
        self.transcribing: dict[int, m.Segment] = {}
        """Handed to a worker, and not answered yet."""
        self.searching: set[int] = set()
        self.closed = False
        self._awaiting_hits: int | None = None
        """A Result with words was sent; its hits come next."""

    @property
    def unanswered(self) -> list[int]:
        return [id_ for id_ in self.started if id_ not in self.answered]

    def watch(self, commands: Sequence[Command]) -> None:
        """Raises: Broken."""
        for command in commands:
            check(not self.closed, f"{command} came after the end")
            match command:
                case Send(response):
                    self._sent(response)
                case Guess(segment):
                    self._is_unanswered(segment.segment_id)
                    check(segment.segment_id not in self.transcribing, f"segment {segment.segment_id} is guessed at after its end")
                case Transcribe(segment):
                    self._is_unanswered(segment.segment_id)
                    check(segment.segment_id not in self.transcribing, f"segment {segment.segment_id} goes to a worker twice")
                    self.transcribing[segment.segment_id] = segment
                case Search(segment_id):
                    self._is_unanswered(segment_id)
                    check(segment_id in self.transcribing, f"segment {segment_id} is searched for before it was heard")
                    self.searching.add(segment_id)
                case Hear():
                    self._is_unanswered(command.segment_id)
                case Drop(segment_id):
                    check(segment_id in self.started, f"segment {segment_id} is dropped and never began")
                case Close():
                    self.closed = True
                    check(not self.unanswered, f"the stream ends and owes {self.unanswered}")
                case _:
                    pass
        if not self.closed:
            check(self._awaiting_hits is None, f"the hits of segment {self._awaiting_hits} did not follow its result")

    def _sent(self, response: m.Response) -> None:
        if self._awaiting_hits is not None:
            is_theirs = isinstance(response, m.SearchResults) and response.segment_id == self._awaiting_hits
            check(is_theirs, f"the hits of segment {self._awaiting_hits} did not follow its result")
            self._awaiting_hits = None
            return
        match response:
            case m.Result(is_final=True) | m.Reject():
                self._is_unanswered(response.segment_id)
                before = self.unanswered[0]
                check(response.segment_id == before, f"segment {response.segment_id} was answered before segment {before}")
                self.answered.append(response.segment_id)
                self.transcribing.pop(response.segment_id, None)
                self.searching.discard(response.segment_id)
                if isinstance(response, m.Result) and response.final_reason is m.FinalReason.RECOGNIZED:
                    self._awaiting_hits = response.segment_id
            case m.Result() | m.SegmentAccepted():
                self._is_unanswered(response.segment_id)
            case m.SearchResults():
                raise Broken(f"hits of segment {response.segment_id} came without its result")
            case _:
                pass

    def _is_unanswered(self, segment_id: int) -> None:
        check(segment_id in self.started, f"segment {segment_id} never began")
        check(segment_id not in self.answered, f"segment {segment_id} was answered before")


def watch_stream(started: Sequence[int], responses: Sequence[m.Response], is_whole: bool) -> None:
    """The same from outside: what a client got for the segments it began, in order. is_whole: the stream ended in good order, so nothing may be owed.

    Raises: Broken.
    """
    watcher = Watcher()
    watcher.started += [id_ for number, id_ in enumerate(started) if id_ > max(started[:number], default=0)]
    watcher.watch([Send(response) for response in responses])
    check(not is_whole or not watcher.unanswered, f"the stream ended in good order and owes {watcher.unanswered}")


def check(holds: bool, words: str) -> None:
    if not holds:
        raise Broken(words)
