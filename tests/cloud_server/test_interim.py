"""When an open segment is heard, and what of it is said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloud_server.interim import Hear, Interim
from protos.messages import Hypothesis, Result

HOP = 1000


@given(st.lists(st.integers(1, 2500), min_size=1, max_size=20))
def test_the_parts_are_the_segment_and_one_is_due_for_each_chunk_that_completes_a_hop(chunks: list[int]) -> None:
    interim, pcm, parts = Interim(), bytearray(), []
    for number, samples in enumerate(chunks):
        before = len(pcm) // 2
        pcm += bytes([number]) * (2 * samples)
        part = interim.due(1, 77, pcm, HOP)
        assert (part is not None) == (len(pcm) // 2 // HOP > before // HOP)
        if part is not None:
            parts.append(part)
    position = 0
    for part in parts:
        assert part == Hear(1, 77, position, bytes(pcm[2 * position : 2 * position + len(part.pcm)]))
        position += len(part.pcm) // 2
    assert len(pcm) // 2 - position < HOP


def test_only_what_changed_is_news() -> None:
    interim = Interim()
    results = [Result(1), Result(1, alternatives=(Hypothesis("a"),)), Result(1, alternatives=(Hypothesis("a"),), stable_words=1)]
    assert [interim.is_news(result) for result in [results[0], results[1], results[1], results[2], results[0]]] == [False, True, False, True, True]


def test_what_was_overtaken_is_no_news() -> None:
    interim, (early, late) = Interim(), (Result(1, alternatives=(Hypothesis(text),), capture_end=end) for text, end in (("a", 10), ("a b", 20)))
    assert interim.is_news(late)
    assert not interim.is_news(early)
    assert not interim.is_news(late)
