"""A document on a cluster: everything that ranking needs comes back as it was."""

from __future__ import annotations

import pytest

from cloud_server.search.catalogue import Document
from cloud_server.search.cluster_entries import MAPPING, entry_of, source_of_entry
from cloud_server.search.sought import sought
from cloud_server.search.terms import content_words, letter_grams

DOCUMENTS = [
    Document("1", "Tomato Salad", "Slice 3 tomatoes. Serve.", ("fresh",), "recipe:1", 0.5, "en", ("italian",)),
    Document("2", "The Who", "word " * 60),
    Document("3", "♫"),
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.title)
def test_what_comes_back_shows_and_sounds_as_the_document_does(document: Document) -> None:
    (seen,) = sought([document], {})
    source = source_of_entry(7, document, seen)
    assert source.keys() == MAPPING["properties"].keys()
    entry = entry_of(source)
    shown = entry.document
    assert (shown.id, shown.title, shown.snippet, shown.url, shown.popularity) == (
        document.id,
        document.title,
        document.snippet,
        document.url,
        document.popularity,
    )
    assert entry.sounds == seen.sounds
    assert entry.title_letters == letter_grams(content_words(document.title))


def test_stems_are_of_everything_that_is_searched() -> None:
    (seen,) = sought(DOCUMENTS[:1], {})
    assert entry_of(source_of_entry(0, DOCUMENTS[0], seen)).stems >= {"tomato", "salad", "slice", "serv", "fresh", "italian"}


def test_the_second_way_to_say_a_title_adds_only_what_is_new() -> None:
    (seen,) = sought(DOCUMENTS[:1], {})
    grams = source_of_entry(0, DOCUMENTS[0], seen)["title_sounds"].split()
    assert len(seen.sounds) == 2
    assert max(grams.count(gram) for gram in grams) == 1
