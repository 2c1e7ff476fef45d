"""A document as it lies on a cluster: terms to match, and what a hit shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cloud_server.search.catalogue import Document
from cloud_server.search.sought import Sought
from cloud_server.search.sounds import sound_grams
from cloud_server.search.terms import letter_grams, stems_of

_TERMS = {"type": "text", "analyzer": "whitespace"}
MAPPING: dict[str, Any] = {
    "dynamic": "strict",
    "properties": {
        "number": {"type": "long"},
        "popularity": {"type": "double"},
        "title_stems": _TERMS,
        "text_stems": _TERMS,
        "details_stems": _TERMS,
        "title_words": _TERMS,
        "title_letters": {**_TERMS, "index_options": "docs"},
        "title_sounds": {**_TERMS, "index_options": "freqs"},
        # Shown and never searched: a hit's own texts, its letters as one word, and how its title may be said.
        "shown": {"type": "object", "enabled": False},
    },
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One that was found."""

    document: Document
    """Its text is what a hit shows of it."""
    sounds: tuple[str, ...]
    title_letters: frozenset[str]
    stems: frozenset[str]


def source_of_entry(number: int, document: Document, sought: Sought) -> dict[str, Any]:
    """As `search.inverted` has it: other ways to say a title count once each where they differ."""
    ways = [sound_grams(way) for way in sought.sounds]
    others = [sorted(set(way) - set(ways[0])) for way in ways[1:]]
    stems = {field: " ".join(stems_of(text)) for field, text in (("title", sought.title), ("text", sought.text), ("details", sought.details))}
    return {
        "number": number,
        "popularity": document.popularity,
        **{f"{field}_stems": text for field, text in stems.items()},
        "title_words": " ".join(sought.words),
        "title_letters": " ".join(sorted(letter_grams([sought.letters]))),
        "title_sounds": " ".join(gram for way in (*ways[:1], *others) for gram in way),
        "shown": {
            "id": document.id,
            "title": document.title,
            "snippet": document.snippet,
            "url": document.url,
            "letters": sought.letters,
            "sounds": list(sought.sounds),
        },
    }


def entry_of(source: Mapping[str, Any]) -> Entry:
    shown = source["shown"]
    document = Document(shown["id"], shown["title"], shown["snippet"], url=shown["url"], popularity=float(source["popularity"]))
    stems = frozenset(stem for field in ("title_stems", "text_stems", "details_stems") for stem in source[field].split())
    return Entry(document, tuple(shown["sounds"]), letter_grams([shown["letters"]]), stems)
