"""Spoken words -> the number that begins at one of them: cardinals, decimals, fractions, ordinals, years, runs of digits. Pure.

Every function takes the words and where to begin, and returns what it read and where that ends, or None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.spoken.numerals import DENOMINATOR_OF, ORDINAL_VALUE_OF, SCALE_OF, SCALES, VALUE_OF, plural

Words = Sequence[str]
_MILLION = 1_000_000
_OH = frozenset(("oh", "o"))
_REPEATS = {"double": 2, "triple": 3}
_PARTS = {plural(word): value for word, value in DENOMINATOR_OF.items()}
NUMBER_WORDS = frozenset(VALUE_OF) | frozenset(SCALE_OF) | {"hundred"}


@dataclass(frozen=True, slots=True)
class Number:
    """What was read, and the word after it."""

    figures: str
    """As it is written: 250, 2.5, 1 1/2."""
    end: int
    value: float
    scale: str = ""
    """million and up, where it is written as a word."""
    minus: bool = False
    thousands: bool = False
    """Said with thousands, so it is written with a comma unless it is a year."""

    @property
    def written(self) -> str:
        figures = self.figures
        if self.thousands and not 2000 <= self.value < 2100:
            figures = f"{int(figures):,}"
        return self.sign + " ".join(part for part in (figures, self.scale) if part)

    @property
    def counted(self) -> str:
        """Written before a unit, where it is no year."""
        grouped = f"{int(self.figures):,}" if self.figures.isdecimal() else self.figures
        return self.sign + " ".join(part for part in (grouped, self.scale) if part)

    @property
    def sign(self) -> str:
        return "-" if self.minus else ""


def word_at(words: Words, at: int) -> str:
    """Empty before the first and after the last."""
    return words[at] if 0 <= at < len(words) else ""


def amount_at(words: Words, at: int) -> Number | None:
    """A number that can count or measure something: minus two point five, one and a half, twenty million, a hundred."""
    if words[at] in ("minus", "negative"):
        before = word_at(words, at - 1)
        taken_away = before in NUMBER_WORDS or before[-1:].isdigit()
        number = None if taken_away or at + 1 >= len(words) else amount_at(words, at + 1)
        return Number(number.figures, number.end, -number.value, number.scale, True, number.thousands) if number and not number.minus else None
    whole = integer_at(words, at)
    if whole is None:
        return _decimal_at(words, at, "0") if words[at] == "point" else fraction_at(words, at)
    return _decimal_at(words, whole.end, whole.figures) or fraction_at(words, at) or _mixed(words, whole) or whole


def integer_at(words: Words, at: int) -> Number | None:
    """zero; two hundred and five; fifteen hundred; a hundred; twenty million. A million stays in words: it is seldom a count."""
    if word_at(words, at) == "zero":
        return Number("0", at + 1, 0)
    total, end, size = 0, at, 1000 ** len(SCALES)
    while size > 1:
        start = end + (end > at and word_at(words, end) == "and")
        group = _group_at(words, start)
        if group is None:
            break
        count, after = group
        scale = SCALE_OF.get(word_at(words, after), 1)
        # "and" joins what is below a hundred: two thousand and eight, but not two thousand and two hundred.
        if end > at and (scale >= size or count >= 1000 or (start > end and (scale > 1 or count >= 100))):
            break
        total, end, size = total + count * scale, after + (scale > 1), scale
    if end == at:
        return None
    coefficient, rest = divmod(total, size)
    if size >= _MILLION and not rest and coefficient < 1000:
        return None if words[at] == "a" else Number(str(coefficient), end, total, words[end - 1])
    return Number(str(total), end, total, thousands=total >= 10_000 or "thousand" in words[at:end])


def below_hundred_at(words: Words, at: int) -> tuple[int, int] | None:
    """1 to 99."""
    value = VALUE_OF.get(word_at(words, at), 0)
    if not value:
        return None
    ones = VALUE_OF.get(word_at(words, at + 1), 0)
    return (value + ones, at + 2) if value >= 20 and 0 < ones < 10 else (value, at + 1)


def _group_at(words: Words, at: int) -> tuple[int, int] | None:
    """1 to 999, and hundreds up to ninety nine of them."""
    if word_at(words, at) == "a" and word_at(words, at + 1) in ("hundred", *SCALE_OF):
        count = (1, at + 1)
    elif (found := below_hundred_at(words, at)) is not None:
        count = found
    else:
        return None
    value, end = count
    if word_at(words, end) != "hundred":
        return count
    value, end = 100 * value, end + 1
    rest = below_hundred_at(words, end + (word_at(words, end) == "and"))
    # one hundred and two hundred are two numbers
    if rest is None or word_at(words, rest[1]) == "hundred":
        return value, end
    return value + rest[0], rest[1]


def _decimal_at(words: Words, at: int, before: str) -> Number | None:
    """point, and what follows it: figure by figure, or a number below a hundred; again for a version."""
    figures, end = before, at
    while word_at(words, end) == "point":
        part, after = "", end + 1
        while len(digit := _digit(word_at(words, after))) == 1:
            part, after = part + digit, after + 1
        if not part:
            two = below_hundred_at(words, after)
            if two is None:
                break
            part, after = str(two[0]), two[1]
        figures, end = f"{figures}.{part}", after
    if end == at:
        return None
    scale = word_at(words, end) if SCALE_OF.get(word_at(words, end), 0) >= _MILLION else ""
    value = float(".".join(figures.split(".")[:2])) * SCALE_OF.get(scale, 1)
    return Number(figures, end + bool(scale), value, scale)


def fraction_at(words: Words, at: int) -> Number | None:
    """two thirds, one half."""
    count = VALUE_OF.get(word_at(words, at), 0)
    parts = _PARTS.get(word_at(words, at + 1), 0) if count > 1 else DENOMINATOR_OF.get(word_at(words, at + 1), 0) if count == 1 else 0
    return Number(f"{count}/{parts}", at + 2, count / parts) if 0 < count < parts else None


def _mixed(words: Words, whole: Number) -> Number | None:
    """one and a half, two and three quarters, two and three quarter cups."""
    at = whole.end
    if word_at(words, at) != "and" or whole.scale or whole.thousands:
        return None
    if word_at(words, at + 1) == "a" and word_at(words, at + 2) in ("half", "quarter", "third"):
        figures, end = f"1/{DENOMINATOR_OF[words[at + 2]]}", at + 3
    elif (part := fraction_at(words, at + 1) or _singular_quarters(words, at + 1)) is not None:
        figures, end = part.figures, part.end
    else:
        return None
    above, below = figures.split("/")
    return Number(f"{whole.figures} {figures}", end, whole.value + int(above) / int(below))


def _singular_quarters(words: Words, at: int) -> Number | None:
    return Number("3/4", at + 2, 0.75) if tuple(words[at : at + 2]) == ("three", "quarter") else None


def ordinal_at(words: Words, at: int) -> Number | None:
    """first, twenty first, one hundred and first, ninetieth."""
    end = at
    while end < len(words) and (words[end] in NUMBER_WORDS or (words[end] == "and" and end > at)):
        end += 1
    last = word_at(words, end)
    if last.endswith("hundredth"):
        number = integer_at([*words[at:end], "hundred"], 0)
        return Number(str(int(number.value)), end + 1, number.value) if number and number.end == end + 1 - at else None
    if last not in ORDINAL_VALUE_OF:
        return None
    value = ORDINAL_VALUE_OF[last]
    if end == at:
        return Number(str(value), end + 1, value)
    # The last word as the cardinal it is made of: read as one number, or it is none.
    cardinal = next(word for word, its in VALUE_OF.items() if its == value)
    number = integer_at([*words[at:end], cardinal], 0)
    return Number(str(int(number.value)), end + 1, number.value) if number and number.end == end + 1 - at else None


def pair_at(words: Words, at: int) -> Number | None:
    """Two numbers below a hundred said as one: nineteen eighty four, nineteen oh six, seven forty seven. The first is at most twenty."""
    first = VALUE_OF.get(word_at(words, at), 0)
    if not 1 <= first <= 20:
        return None
    if word_at(words, at + 1) in _OH and 0 < (ones := VALUE_OF.get(word_at(words, at + 2), 0)) < 10:
        return Number(f"{first}0{ones}", at + 3, 100 * first + ones)
    second = below_hundred_at(words, at + 1)
    if second is None or second[0] < 10 or word_at(words, second[1]) in ("hundred", *SCALE_OF, "point"):
        return None
    if first == 20 and second[0] < 10:
        return None
    return Number(f"{first}{second[0]}", second[1], 100 * first + second[0])


def run_at(words: Words, at: int) -> Number | None:
    """Digits one by one: nine one one, double o seven, one oh one point three. Also a single one."""
    figures, end = "", at
    while True:
        repeat = _REPEATS.get(word_at(words, end), 1)
        digit = _digit(word_at(words, end + (repeat > 1)))
        if not digit:
            break
        figures, end = figures + digit * repeat, end + 1 + (repeat > 1)
    if word_at(words, end) in ("hundred", *SCALE_OF) or not figures:
        return None
    if word_at(words, end) == "point":
        return _decimal_at(words, end, figures) if len(figures) > 1 else None
    return Number(figures, end, float(figures))


def _digit(word: str) -> str:
    if word in _OH:
        return "0"
    value = VALUE_OF.get(word, 10)
    return str(value) if value < 10 else ""
