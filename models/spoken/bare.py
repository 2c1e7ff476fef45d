"""Spoken numbers without a unit -> how they are written: years, decades, digits, versions, ranges, ordinals, counts from ten. Pure."""

from __future__ import annotations

from models.spoken.counting import Number, Words, amount_at, ordinal_at, pair_at, run_at, word_at
from models.spoken.numerals import DECADE_OF, VALUE_OF
from models.spoken.phrases import Phrase, half_day_at, suffix, unit_at

MIN_FIGURES = 10
"""Below it a number that counts nothing stays a word: one pot pasta, the third man."""
MIN_RUN = 3
"""Two digits side by side are as often two numbers as one."""
# What is numbered rather than counted: every number after it is written in figures.
_NUMBERED = (
    "act airbus android apollo area article boeing bus channel chapter code district episode error exit extension flight formula galaxy gate"
    " highway interstate ios iphone level line number page part pin platform playstation psalm python room route scene season section size step"
    " terminal track usb version volume windows xbox"
)
NUMBERED = frozenset(_NUMBERED.split())

# the point five people made is no decimal
_BEFORE_A_POINT = frozenset(("the", "a", "this", "that", "no", "my", "your", "to", "what", "one"))


def numbered_at(words: Words, at: int) -> Phrase | None:
    """route sixty six, boeing seven forty seven, version two point one."""
    if word_at(words, at - 1) not in NUMBERED:
        return None
    found = [number for number in (amount_at(words, at), pair_at(words, at), run_at(words, at)) if number is not None]
    number = max(found, key=lambda one: one.end, default=None)
    if number is None or unit_at(words, number.end, number.value) or half_day_at(words, number.end):
        return None
    # A postcode of five figures has no comma.
    return f"{number.sign}{number.figures} {number.scale}".rstrip(), number.end


def bare_at(words: Words, at: int) -> Phrase | None:
    """The first rule that fits."""
    return _decade(words, at) or _range(words, at) or _run(words, at) or _pair(words, at) or _ordinal(words, at) or _count(words, at)


def _decade(words: Words, at: int) -> Phrase | None:
    """the nineties; the nineteen eighties."""
    if words[at] in DECADE_OF:
        return f"{DECADE_OF[words[at]]}s", at + 1
    century, tens = VALUE_OF.get(words[at], 0), DECADE_OF.get(word_at(words, at + 1), 0)
    return (f"{century}{tens}s", at + 2) if tens and 10 <= century <= 20 else None


def _range(words: Words, at: int) -> Phrase | None:
    """two to three; nineteen thirty nine to nineteen forty five."""
    first = _year_or_amount(words, at)
    if first is None or word_at(words, first.end) != "to" or first.end + 1 >= len(words):
        return None
    last = _year_or_amount(words, first.end + 1)
    if last is None or last.value <= first.value or first.minus or last.minus:
        return None
    return f"{first.written}-{last.written}", last.end


def _year_or_amount(words: Words, at: int) -> Number | None:
    pair = pair_at(words, at)
    return pair if pair is not None and pair.value >= 1000 else amount_at(words, at)


def _run(words: Words, at: int) -> Phrase | None:
    run = run_at(words, at)
    return (run.figures, run.end) if run is not None and len(run.figures) >= MIN_RUN and not unit_at(words, run.end, 2) else None


def _pair(words: Words, at: int) -> Phrase | None:
    pair = pair_at(words, at)
    return (pair.figures, pair.end) if pair is not None and not unit_at(words, pair.end, 2) else None


def _ordinal(words: Words, at: int) -> Phrase | None:
    number = ordinal_at(words, at)
    return (f"{number.figures}{suffix(number)}", number.end) if number is not None and number.value >= MIN_FIGURES else None


def _count(words: Words, at: int) -> Phrase | None:
    number = amount_at(words, at)
    if number is None or (number.figures.isdecimal() and not number.scale and 0 <= number.value < MIN_FIGURES):
        return None
    if words[at] == "point" and word_at(words, at - 1) in _BEFORE_A_POINT:
        return None
    return number.written, number.end
