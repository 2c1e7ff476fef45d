"""A written amount (1 1/2, 1,500, 2.5, $5.50, 200 g) -> how it is read, and the term it is searched by. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from models.spoken import numerals
from models.spoken.units import CURRENCIES, UNIT_SAID, Unit, article

_DENOMINATORS = {value: word for word, value in numerals.DENOMINATOR_OF.items() if word != "fourth"}


@dataclass(frozen=True, slots=True)
class Amount:
    """Figures as they are written: an integer, a decimal or version (2.5, 17.4.1), or a fraction (1/2, 1 1/2)."""

    figures: str

    @property
    def is_fraction(self) -> bool:
        return "/" in self.figures

    @property
    def value(self) -> Fraction:
        """Of a version: its first two parts."""
        return sum((Fraction(part) for part in ".".join(self.figures.replace(",", "").split(".")[:2]).split()), Fraction(0))

    def words(self, *, counted: bool) -> str:
        """counted: something is counted or measured, so 1984 is no year."""
        if self.is_fraction:
            return _mixed(self.value)
        first, *parts = self.figures.replace(",", "").split(".")
        if parts:
            # Of a version every part is a number, of a decimal every figure.
            read = (lambda part: numerals.cardinal(int(part))) if len(parts) > 1 else numerals.digits
            return " point ".join([numerals.cardinal(int(first or 0)), *map(read, parts)])
        return numerals.cardinal(int(first)) if counted or "," in self.figures else numerals.whole(first)

    def term(self, *, counted: bool) -> str:
        """The same for every way to write one value; of a decimal that counts nothing every figure counts (3.10 is not 3.1)."""
        value = self.value
        if self.is_fraction or (counted and "." in self.figures):
            return joined(_decimal(value) if _terminates(value) else _mixed(value))
        grouped = "," in self.figures and value >= 10_000
        return joined(Amount(self.figures.replace(",", "")).words(counted=counted or grouped))


def joined(words: str) -> str:
    return words.replace(" ", "")


def scaled(amount: Amount, scale: str) -> str:
    """The figures of 1.5 million."""
    value = amount.value * numerals.SCALE_OF[scale]
    return f"{int(value):,}" if value.denominator == 1 else _figures(value)


def read_measure(amount: Amount, words: str, name: str, unit: Unit) -> str:
    """words: of the amount and its scale. name: of the unit, as it is written. Half a cup, three quarters of a cup, one and a half cups."""
    if amount.is_fraction and amount.value < 1:
        of = "" if amount.value == Fraction(1, 2) else "of "
        part = {Fraction(1, 2): "half", Fraction(1, 4): "a quarter"}.get(amount.value, words)
        return f"{part} {of}{article(unit.singular)} {unit.singular}"
    said = name if name in UNIT_SAID else unit.singular if amount.value == 1 and "." not in amount.figures else unit.plural
    return f"{words} {said}"


def read_money(amount: Amount, words: str, sign: str, *, whole: bool) -> str:
    """words: of the amount and its scale. whole: no cents are read."""
    one, many, (cent, cents) = CURRENCIES[sign]
    units, _, rest = amount.figures.replace(",", "").partition(".")
    if whole or len(rest) != 2 or not rest.isdecimal():
        return f"{words} {one if amount.figures == '1' else many}"
    name, small = one if int(units or 0) == 1 else many, int(rest)
    said_small = numerals.below_hundred(small)
    if not int(units or 0):
        return f"{said_small} {cent if small == 1 else cents}"
    said = f"{numerals.cardinal(int(units))} {name}"
    if not small:
        return said
    return f"{said} {said_small}" if small >= 10 else f"{said} and {said_small} {cent if small == 1 else cents}"


def _mixed(value: Fraction) -> str:
    units, rest = divmod(value, 1)
    if not rest:
        return numerals.cardinal(units)
    part, parts = rest.numerator, _DENOMINATORS[rest.denominator]
    said = f"{numerals.ONES[part]} {parts if part == 1 else numerals.plural(parts)}"
    if not units:
        return said
    return f"{numerals.cardinal(units)} and {said.replace('one', 'a', 1) if said in ('one half', 'one quarter') else said}"


def _terminates(value: Fraction) -> bool:
    return value.denominator == 1 or all(value.denominator % prime for prime in (3, 7))


def _figures(value: Fraction) -> str:
    return format((Decimal(value.numerator) / value.denominator).normalize(), "f")


def _decimal(value: Fraction) -> str:
    return Amount(_figures(value)).words(counted=True)
