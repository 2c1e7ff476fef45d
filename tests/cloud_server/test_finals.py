"""A repeat finds the first answer; the store never grows beyond its bounds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloud_server.finals import Final, Finals, SegmentKey
from protos import messages as m


def final(text: str, hits: tuple[m.SearchHit, ...] = ()) -> Final:
    return Final(m.Result(1, m.FinalReason.RECOGNIZED, (m.Hypothesis(text),), is_final=True), m.SearchResults(1, hits))


KEY = SegmentKey("session", 1, 7)


def test_only_the_same_audio_of_the_same_segment_of_the_same_session_is_a_repeat() -> None:
    finals = Finals()
    finals.keep(KEY, final("apple pie"), 0.0)
    assert finals.find(KEY, 1.0) == final("apple pie")
    for other in (KEY._replace(session_id="another"), KEY._replace(segment_id=2), KEY._replace(crc32c=8)):
        assert finals.find(other, 1.0) is None


def test_the_first_answer_stands() -> None:
    finals = Finals()
    finals.keep(KEY, final("first"), 0.0)
    finals.keep(KEY, final("second"), 1.0)
    assert finals.find(KEY, 2.0) == final("first")


def test_an_answer_outlives_its_age_by_nothing() -> None:
    finals = Finals(max_age_s=10.0)
    finals.keep(KEY, final("pie"), 0.0)
    assert finals.find(KEY, 10.0) is not None
    assert finals.find(KEY, 10.1) is None
    assert len(finals) == 0


@given(st.lists(st.tuples(st.integers(0, 9), st.text(max_size=8), st.text(max_size=8)), max_size=40))
def test_bounded_in_count_and_text_and_the_newest_are_what_is_left(steps: list[tuple[int, str, str]]) -> None:
    finals, kept = Finals(max_count=4, max_characters=30), list[tuple[SegmentKey, Final, int]]()
    for now_s, (number, text, title) in enumerate(steps):
        key, answer = KEY._replace(segment_id=number), final(text, (m.SearchHit(title=title),))
        finals.keep(key, answer, float(now_s))
        if key not in [known for known, _, _ in kept]:
            kept.append((key, answer, len(text) + len(title)))
        while len(kept) > 4 or sum(size for _, _, size in kept) > 30:
            kept.pop(0)
        assert len(finals) == len(kept)
        assert all(finals.find(known, float(now_s)) == value for known, value, _ in kept)
