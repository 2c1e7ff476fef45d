"""Written -> spoken: 21st, 1,500, 3.5, 1984, 6:30 pm, $5.50, 200 g as they are read aloud. Pure.

One regular expression finds what is written in figures; each match is read as words, and as search terms in which
the words of one number are one term.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from models.spoken import numerals
from models.spoken.amounts import Amount, joined, read_measure, read_money, scaled
from models.spoken.units import CURRENCIES, MONTHS, UNIT_OF

_INTEGER = r"\d{1,3}(?:,\d{3})+(?!\d)|\d+"
_NUMBER = rf"(?:\d+\s)?(?<![\d/])[1-9]/(?:[2-9]|10)(?![\d/])|(?:{_INTEGER})(?:\.\d+)*|(?<![\w.])\.\d+"
_DASH = "[-\u2013\u2212]"
_UNIT = "|".join([re.escape(name) for name in sorted(UNIT_OF, key=len, reverse=True) if name != "p"] + [r"(?<!\d{3})(?<=\d)p"])  # 1080p is no price
_MONTH = "|".join(MONTHS)
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_AFTER_DAY = r"(?![\w%°])(?![.,:/]\d)"
_PATTERN = re.compile(
    rf"""
      (?P<phone>(?<![\d-])(?:\d{{3}}-\d{{3}}-\d{{4}}|\d{{3}}-\d{{4}}|0\d{{2,4}}(?:\s\d{{3,4}}){{1,2}})(?![\d-]))
    | (?P<clock>(?<![\d.:,])(?P<hour>[01]?\d|2[0-3])(?:[:.](?P<minute>[0-5]\d)(?=\s?[ap]\.?m\b)|:(?P<bare_minute>[0-5]\d)(?![\d:]))?
        (?:\s?(?P<half>[ap])\.?m\b\.?|(?<=:\d\d)))
    | (?P<month_day>\b(?P<month>{_MONTH})\s(?P<the>the\s)?(?P<day>{_DAY})(?:st|nd|rd|th)?{_AFTER_DAY}(?!\s?(?:{_UNIT})(?![\w'])))
    | (?P<day_month>(?<![\w.,:/])(?P<first_day>{_DAY})(?P<suffix>st|nd|rd|th)?\s(?P<of>of\s)?(?P<last_month>{_MONTH})\b(?!\s(?:be|not|have)\b))
    | (?P<decade>(?<![\w.,])(?P<tens>(?:1\d|20)\d0|[2-9]0)'?s\b)
    | (?P<quantity>(?P<minus>(?<![\w.]){_DASH})?(?P<sign>[$£€])?(?P<number>{_NUMBER})
        (?:\s?{_DASH}\s?(?P<up_to>{_NUMBER}))?
        (?:(?P<ordinal>(?:st|nd|rd|th)(?![a-z]))
          |(?:\s?(?P<scale>million|billion|trillion)\b)?(?(sign)|(?:\s?(?P<unit>{_UNIT})(?![\w'])|(?P<degree>[cf])\b)?)))
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NOT_ASCII_DIGIT = re.compile(r"[^\D0-9]")


@dataclass(frozen=True, slots=True)
class Reading:
    """One written number with what belongs to it, read aloud."""

    start: int
    end: int
    words: str
    terms: tuple[str, ...]
    """What is searched for: equal for every way of writing the same."""


def spell_numbers(text: str) -> str:
    """Every number in digits becomes words; everything else stays; a number next to a letter gets a space.

    >>> " ".join(spell_numbers("the 21st of 1,500 in 1984").split())
    'the twenty first of one thousand five hundred in nineteen eighty four'
    """
    text = _NOT_ASCII_DIGIT.sub(lambda match: str(int(match.group())), text)
    pieces, at = [], 0
    for reading in readings(text):
        pieces += [text[at : reading.start], f" {reading.words} "]
        at = reading.end
    return "".join([*pieces, text[at:]])


def readings(text: str) -> Iterator[Reading]:
    """Left to right, not overlapping."""
    for match in _PATTERN.finditer(text):
        words, terms = _READERS[str(match.lastgroup)](match)
        yield Reading(match.start(), match.end(), words, terms)


Said = tuple[str, tuple[str, ...]]


def _phone(match: re.Match[str]) -> Said:
    words = numerals.digits(re.sub(r"\D", "", match.group()))
    return words, (joined(words),)


def _clock(match: re.Match[str]) -> Said:
    hour, minute = int(match["hour"]), int(match["minute"] or match["bare_minute"] or 0)
    words = numerals.below_hundred(hour)
    if minute:
        words += f" {'oh ' if minute < 10 else ''}{numerals.below_hundred(minute)}"
    if match["half"]:
        half = f"{match['half'].lower()}m"
        return f"{words} {half}", (joined(words), half)
    if minute:
        return words, (joined(words),)
    if 1 <= hour <= 12:
        return f"{words} o'clock", (joined(words), "o'clock")
    return f"{words} hundred hours", (f"{joined(words)}hundred", "hours")


def _month_day(match: re.Match[str]) -> Said:
    day = numerals.ordinal(numerals.below_hundred(int(match["day"])))
    month = match["month"].lower()
    return f"{month} {'the ' if match['the'] else ''}{day}", (joined(day), month)


def _day_month(match: re.Match[str]) -> Said:
    day = numerals.ordinal(numerals.below_hundred(int(match["first_day"])))
    month = match["last_month"].lower()
    of = "of " if match["of"] or not match["suffix"] else ""
    return f"{day} {of}{month}", (joined(day), month)


def _decade(match: re.Match[str]) -> Said:
    figures = match["tens"]
    words = numerals.plural(numerals.year(int(figures)) if len(figures) == 4 else numerals.below_hundred(int(figures)))
    return words, (joined(words),)


def _quantity(match: re.Match[str]) -> Said:
    if match["up_to"] and Amount(match["number"]).value >= Amount(match["up_to"]).value:
        return _two_numbers(match["number"], match["up_to"])
    if match["ordinal"] and match["number"].isdecimal():
        words = numerals.ordinal(numerals.cardinal(int(match["number"])))
        return words, (joined(words),)
    name = f"\u00b0{match['degree']}" if match["degree"] else match["unit"] or ""
    amounts = [Amount(figures) for figures in (match["number"], match["up_to"]) if figures]
    return _amounts(amounts, name.lower(), match["sign"] or "", (match["scale"] or "").lower(), "minus " if match["minus"] else "")


def _amounts(amounts: list[Amount], name: str, sign: str, scale: str, minus: str) -> Said:
    """One amount, or a range of two, with what is counted: a unit's name, a currency's sign, or nothing."""
    counted = bool(name or sign or scale)
    last = amounts[-1]
    said = [amount.words(counted=counted) for amount in amounts]
    values = [Amount(scaled(amount, scale)) if scale else amount for amount in amounts]
    terms = [value.term(counted=bool(name or sign)) for value in values]
    terms[0] = joined(minus) + terms[0]
    words = f"{said[-1]} {scale}".rstrip()
    if sign:
        one, many, _ = CURRENCIES[sign]
        words = read_money(last, words, sign, whole=bool(scale) or len(amounts) > 1)
        terms.append(one if last.value == 1 and not scale else many)
    elif name:
        unit = UNIT_OF[name]
        words = read_measure(last, words, name, unit)
        terms += (unit.singular if values[-1].value <= 1 else unit.plural).split()
    if len(amounts) > 1:
        return f"{minus}{said[0]} to {words}", (terms[0], "to", *terms[1:])
    return minus + words, tuple(terms)


def _two_numbers(first: str, second: str) -> Said:
    """A hyphen between numbers that are no range."""
    amounts = [Amount(first), Amount(second)]
    return " ".join(amount.words(counted=False) for amount in amounts), tuple(amount.term(counted=False) for amount in amounts)


_READERS = {"phone": _phone, "clock": _clock, "month_day": _month_day, "day_month": _day_month, "decade": _decade, "quantity": _quantity}
