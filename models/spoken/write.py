"""Spoken -> written, and back: what is shown for a transcript, with the words that every figure stands for. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from models.spoken.bare import bare_at, numbered_at
from models.spoken.counting import Words
from models.spoken.numerals import DECADE_OF, ORDINAL_VALUE_OF, VALUE_OF
from models.spoken.phrases import Phrase, Region, clock_at, date_at, measure_at
from models.spoken.units import MONTHS

_OTHER_BEGINNINGS = ("a", "an", "half", "quarter", "minus", "negative", "point", "oh", "o", "double", "triple")
# No rule begins with any other word.
_BEGINNINGS = frozenset((*VALUE_OF, *ORDINAL_VALUE_OF, *DECADE_OF, *MONTHS, *_OTHER_BEGINNINGS))


@dataclass(frozen=True, slots=True)
class Span:
    """Words that are written in figures."""

    first_word: int
    word_count: int
    spoken: str
    start: int
    """Of the figures in the written text, in characters."""
    end: int


@dataclass(frozen=True, slots=True)
class Written:
    """What is shown, and what was said: every word outside a span is the same in both."""

    text: str
    spans: tuple[Span, ...]

    @property
    def spoken(self) -> str:
        """The words that were given to `write_numbers`, single spaces between them."""
        pieces, at = [], 0
        for span in self.spans:
            pieces += [self.text[at : span.start], span.spoken]
            at = span.end
        return "".join([*pieces, self.text[at:]])


def write_numbers(spoken: str, region: Region = Region.US) -> Written:
    """Lower-case words, as a recogniser writes them, with their numbers in figures.

    >>> write_numbers("two hundred grams of flour at half past six").text
    '200 g of flour at 6:30'
    """
    words = spoken.split()
    text, spans, at = "", [], 0
    while at < len(words):
        phrase = _phrase_at(words, at, region) if words[at] in _BEGINNINGS else None
        shown, end = phrase or (words[at], at + 1)
        start = len(text) + bool(text)
        text = f"{text} {shown}".lstrip()
        if phrase:
            spans.append(Span(at, end - at, " ".join(words[at:end]), start, len(text)))
        at = end
    return Written(text, tuple(spans))


def _phrase_at(words: Words, at: int, region: Region) -> Phrase | None:
    return numbered_at(words, at) or clock_at(words, at) or date_at(words, at) or measure_at(words, at, region) or bare_at(words, at)
