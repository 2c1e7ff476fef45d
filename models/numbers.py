"""Numbers as they are read aloud: 21st, 1,500, 3.5, 1984. Pure, English."""

from __future__ import annotations

import re

_SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_ONES = tuple(_SMALL.split())
_TENS = ("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ("", "thousand", "million", "billion", "trillion")
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth"}
_YEARS = range(1100, 2000)
_UNITS = {"%": "percent", "$": "dollars", "£": "pounds", "€": "euros"}
# A price's sign stands before the number it is read after.
_NUMBER = re.compile(r"([$£€])?(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(st|nd|rd|th)?(\s?%)?", re.IGNORECASE)


def spell_numbers(text: str) -> str:
    """Every number in digits becomes words; 1100 to 1999 without a comma is read as a year. Everything else stays;
    a number next to a letter gets a space.

    >>> " ".join(spell_numbers("the 21st of 1,500 in 1984").split())
    'the twenty first of one thousand five hundred in nineteen eighty four'
    """
    return _NUMBER.sub(_spoken, text)


def cardinal(number: int) -> str:
    """0 and up; beyond the trillions digit by digit, as one reads a telephone number.

    >>> cardinal(20_305)
    'twenty thousand three hundred five'
    """
    if number >= 1000 ** len(_SCALES):
        return " ".join(_ONES[int(digit)] for digit in str(number))
    groups = []
    for scale in _SCALES:
        number, group = divmod(number, 1000)
        if group:
            groups.append(f"{_below_thousand(group)} {scale}".rstrip())
    return " ".join(reversed(groups)) or _ONES[0]


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    words = [f"{_ONES[hundreds]} hundred"] if hundreds else []
    if rest:
        words.append(_below_hundred(rest))
    return " ".join(words)


def _below_hundred(number: int) -> str:
    if number < len(_ONES):
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return f"{_TENS[tens]} {_ONES[ones]}" if ones else _TENS[tens]


def _year(number: int) -> str:
    century, rest = divmod(number, 100)
    if not rest:
        return cardinal(number) if number % 1000 == 0 else f"{_below_hundred(century)} hundred"
    return f"{_below_hundred(century)} {'oh ' if rest < 10 else ''}{_below_hundred(rest)}"


def _ordinal(words: str) -> str:
    before, _, last = words.rpartition(" ")
    turned = _ORDINALS.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
    return f"{before} {turned}".lstrip()


def _spoken(match: re.Match[str]) -> str:
    sign, whole, fraction, ordinal, percent = match.groups()
    # Compatibility digits of other scripts count too: int() reads them all.
    number = int(whole.replace(",", ""))
    plain = not (sign or fraction or percent or "," in whole)
    words = _year(number) if plain and not ordinal and len(whole) == 4 and number in _YEARS else cardinal(number)
    if fraction:
        words += " point " + " ".join(_ONES[int(digit)] for digit in fraction[1:])
    if ordinal and plain:
        words = _ordinal(words)
    units = [_UNITS[mark.strip()] for mark in (sign, percent) if mark]
    return f" {' '.join([words, *units])} "
