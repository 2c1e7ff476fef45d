"""Written amounts: how they are read and what they are searched by."""

from __future__ import annotations

from fractions import Fraction

import pytest

from models.spoken.amounts import Amount, read_measure, read_money, scaled
from models.spoken.units import UNIT_OF


@pytest.mark.parametrize(
    ("figures", "value", "words"),
    [
        ("1,500", Fraction(1500), "one thousand five hundred"),
        ("2.5", Fraction(5, 2), "two point five"),
        ("1/2", Fraction(1, 2), "one half"),
        ("2 3/4", Fraction(11, 4), "two and three quarters"),
        ("1 1/4", Fraction(5, 4), "one and a quarter"),
        ("2 2/2", Fraction(3), "three"),
        ("17.4.1", Fraction(174, 10), "seventeen point four point one"),
    ],
)
def test_figures_have_a_value_and_words(figures: str, value: Fraction, words: str) -> None:
    assert Amount(figures).value == value
    assert Amount(figures).words(counted=True) == words


def test_what_is_counted_is_no_year() -> None:
    assert Amount("1984").words(counted=True) == "one thousand nine hundred eighty four"
    assert Amount("1984").words(counted=False) == "nineteen eighty four"


@pytest.mark.parametrize(("figures", "same"), [("1.50", "1 1/2"), ("0.75", "3/4"), ("1,500", "1500"), (".5", "1/2")])
def test_one_value_has_one_term(figures: str, same: str) -> None:
    assert Amount(figures).term(counted=True) == Amount(same).term(counted=True)


def test_thirds_have_no_decimal() -> None:
    assert Amount("2/3").term(counted=True) == "twothirds"


def test_scales_multiply() -> None:
    assert scaled(Amount("1.5"), "million") == "1,500,000"
    assert scaled(Amount("1.2345678"), "million") == "1234567.8"


@pytest.mark.parametrize(
    ("figures", "name", "read"),
    [
        ("1", "g", "one gram"),
        ("2", "g", "two grams"),
        ("1.0", "g", "one point zero grams"),
        ("10", "inch", "ten inch"),
        ("1/2", "hr", "half an hour"),
        ("1/4", "cup", "a quarter of a cup"),
        ("2/3", "cups", "two thirds of a cup"),
        ("1 1/2", "cups", "one and a half cups"),
    ],
)
def test_measures_are_read_with_their_unit(figures: str, name: str, read: str) -> None:
    amount = Amount(figures)
    assert read_measure(amount, amount.words(counted=True), name, UNIT_OF[name]) == read


@pytest.mark.parametrize(
    ("figures", "sign", "read"),
    [
        ("1", "$", "one dollar"),
        ("5.50", "$", "five dollars fifty"),
        ("1.99", "£", "one pound ninety nine"),
        ("5.05", "€", "five euros and five cents"),
        ("2.01", "£", "two pounds and one penny"),
        ("0.99", "£", "ninety nine pence"),
        ("5.00", "$", "five dollars"),
        ("5.5", "$", "five point five dollars"),
    ],
)
def test_money_is_read_with_its_cents(figures: str, sign: str, read: str) -> None:
    amount = Amount(figures)
    assert read_money(amount, amount.words(counted=True), sign, whole=False) == read
