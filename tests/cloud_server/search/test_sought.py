"""What an index keeps of a document comes back as it was, and is worked out once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloud_server.search.catalogue import Document
from cloud_server.search.sought import Sought, from_line, seeker, sought

SEEK = seeker()


@given(st.text(min_size=1, max_size=40), st.text(max_size=40), st.lists(st.text(max_size=10), max_size=3))
def test_a_line_says_all_of_it(title: str, text: str, tags: list[str]) -> None:
    one = SEEK(Document("a", title, text, tuple(tags)))
    line = one.as_line()
    assert "\n" not in line
    assert from_line(line) == one


def test_texts_are_as_search_writes_them() -> None:
    one = SEEK(Document("a", "Crème for 2", "Add 200 g.", ("sweet",), details=("french",)))
    assert (one.title, one.details, one.words, one.letters) == ("creme for two", "sweet . french", ["creme", "for", "two"], "cremetwo")
    assert "twohundred grams" in one.text


def test_what_is_known_is_not_worked_out_again() -> None:
    known, new = Document("a", "Pie"), Document("b", "Stew")
    kept = Sought("as it was", "", "", ("x",))
    assert list(sought([known, new], {known: kept})) == [kept, SEEK(new)]
