"""A document as search sees it: what is costly to work out, worked out once and kept in the index: a line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from cloud_server.search.catalogue import Document
from cloud_server.search.sounds import pronunciations
from cloud_server.search.terms import content_words_in, words_in
from models.pronounce.pronouncer import english
from models.text import search_text


@dataclass(frozen=True, slots=True)
class Sought:
    """title, text and details as `models.text.search_text` writes them: with single spaces, so neither tabs nor ends of lines."""

    title: str
    text: str
    details: str
    """Tags and every other field."""
    sounds: tuple[str, ...]
    """Ways to say the title (`search.sounds`)."""

    @property
    def words(self) -> list[str]:
        return words_in(self.title)

    @property
    def letters(self) -> str:
        """Of the title's content words, written as one."""
        return "".join(content_words_in(self.title))

    @property
    def texts(self) -> str:
        """All that is searched of the document."""
        return " ".join((self.title, self.text, self.details))

    def as_line(self) -> str:
        return "\t".join((self.title, self.text, self.details, " ".join(self.sounds)))


def from_line(line: str) -> Sought:
    title, text, details, sounds = line.split("\t")
    return Sought(title, text, details, tuple(sounds.split()))


def seeker() -> Callable[[Document], Sought]:
    """What works it out for many documents: each word is pronounced once."""
    pronounce = cache(english().pronounce)

    def seek(document: Document) -> Sought:
        details = search_text(" . ".join((*document.tags, *document.details)))
        return Sought(search_text(document.title), search_text(document.text), details, pronunciations(document.title, pronounce))

    return seek


def sought(documents: Iterable[Document], known: dict[Document, Sought]) -> Iterator[Sought]:
    """In order; worked out only for what is not known."""
    seek: Callable[[Document], Sought] | None = None
    for document in documents:
        if (found := known.get(document)) is None:
            seek = seek or seeker()
            found = seek(document)
        yield found
