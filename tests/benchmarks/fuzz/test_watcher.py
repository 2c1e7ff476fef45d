"""Each promise of a session, broken once, is named."""

from __future__ import annotations

import pytest

from benchmarks.fuzz.watcher import Broken, Watcher, watch_stream
from cloud_server.search.heard import Heard
from cloud_server.session_commands import Close, Command, Drop, Search, Send, Transcribe
from protos import messages as m

WORDS = m.Result(1, m.FinalReason.RECOGNIZED, (m.Hypothesis("pie"),), True)
HITS = m.SearchResults(1)
REJECT = m.Reject(1)


def transcribe(segment_id: int = 1) -> Transcribe:
    return Transcribe(m.Segment(segment_id, 0, b""), m.Priority.LIVE, None, 3)


def search(segment_id: int = 1) -> Search:
    return Search(segment_id, Heard(()), "", 5)


def test_a_session_that_keeps_its_promises_is_left_alone() -> None:
    watcher = Watcher()
    watcher.started += [1, 2]
    watcher.watch([Send(m.Session()), Send(m.SegmentAccepted(1)), transcribe(), search()])
    assert watcher.unanswered == [1, 2]
    watcher.watch([Send(WORDS), Send(HITS), Drop(2), Send(m.Reject(2)), Close()])
    assert (watcher.closed, watcher.unanswered) == (True, [])


@pytest.mark.parametrize(
    ("commands", "words"),
    [
        ([Send(REJECT), Send(REJECT)], "segment 1 was answered before"),
        ([Send(m.Reject(2))], "segment 2 was answered before segment 1"),
        ([Send(m.Reject(3))], "segment 3 never began"),
        ([Send(WORDS)], "hits of segment 1 did not follow"),
        ([Send(WORDS), Send(m.SearchResults(2))], "hits of segment 1 did not follow"),
        ([Send(HITS)], "came without its result"),
        ([transcribe(), transcribe()], "goes to a worker twice"),
        ([search()], "searched for before it was heard"),
        ([Send(REJECT), transcribe()], "segment 1 was answered before"),
        ([Drop(3)], "segment 3 is dropped and never began"),
        ([Close()], "ends and owes [1, 2]"),
        ([Send(REJECT), Send(m.Reject(2)), Close(), Send(m.Notice())], "came after the end"),
    ],
)
def test_a_broken_promise_is_named(commands: list[Command], words: str) -> None:
    watcher = Watcher()
    watcher.started += [1, 2]
    with pytest.raises(Broken) as broken:
        watcher.watch(commands)
    assert words in str(broken.value)


def test_a_client_sees_the_same_promises_from_outside() -> None:
    responses = [m.Session(), m.SegmentAccepted(1), WORDS, HITS, m.Reject(2)]
    watch_stream([1, 1, 2], responses, is_whole=True)
    watch_stream([1, 2, 3], responses, is_whole=False)
    with pytest.raises(Broken, match=r"owes \[3\]"):
        watch_stream([1, 2, 3], responses, is_whole=True)
    with pytest.raises(Broken, match="answered before"):
        watch_stream([1, 2], [m.Reject(1), m.Reject(1)], is_whole=False)
