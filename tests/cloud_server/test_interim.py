"""When an open segment is heard, and what of it is said."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from cloud_server.interim import Hear, Interim
from protos.messages import Hypothesis, Result, SearchHit

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


def saying(text: str, *ids: str, stable: int = 0, end: int = 0) -> Result:
    hits = tuple(SearchHit(id_) for id_ in ids)
    return Result(1, alternatives=(Hypothesis(text),), stable_words=stable, capture_end=end, complete=False, hits=hits)


def best(news: Result | None) -> str | None:
    return None if news is None else news.hits[0].id if news.hits else ""


def test_only_what_changed_is_news() -> None:
    interim = Interim()
    said = [Result(1), saying("a"), saying("a"), saying("a", stable=1), saying("a", "x", stable=1), saying("a", "x", stable=1), Result(1)]
    assert [interim.news(result) is not None for result in said] == [False, True, False, True, True, False, True]


def test_what_was_overtaken_is_no_news() -> None:
    interim, early, late = Interim(), saying("a", "x", end=10), saying("a b", "y", end=20)
    assert interim.news(late) == late
    assert interim.news(early) is None
    assert interim.news(late) is None


def test_a_best_hit_that_is_shown_goes_when_another_was_best_twice() -> None:
    interim = Interim()
    leaders = ["x", "x", "y", "x", "y", "y", "z", "y"]
    shown = [best(interim.news(saying(str(number), leader))) for number, leader in enumerate(leaders)]
    assert shown == ["x", "x", "x", "x", "x", "y", "y", "y"]


def test_hits_stay_where_nothing_is_found_until_another_was_best_twice() -> None:
    interim = Interim()
    shown = [best(interim.news(saying(str(number), *ids))) for number, ids in enumerate([[], ["x"], [], [], ["y"], [], ["y"], []])]
    assert shown == ["", "x", "x", "x", "x", "x", "y", "y"]


def test_hits_stand_while_nobody_looks() -> None:
    interim = Interim()
    unseen = replace(saying("b"), complete=None)
    shown = [best(interim.news(result)) for result in (saying("a", "x"), unseen, replace(unseen, stable_words=1), saying("c", "x"))]
    assert shown == ["x"] * 4


@given(st.lists(st.sampled_from(["", "x", "y"]), min_size=1, max_size=30))
def test_the_best_hit_changes_no_oftener_than_every_second_time(leaders: list[str]) -> None:
    interim = Interim()
    shown = [best(interim.news(saying(str(number), *filter(None, [leader])))) for number, leader in enumerate(leaders)]
    changes = [at for at in range(1, len(shown)) if shown[at] != shown[at - 1] and shown[at - 1]]
    assert all([leader for leader in leaders[: at + 1] if leader][-2:] == [shown[at]] * 2 for at in changes)
    assert set(shown) <= {"", *leaders}
