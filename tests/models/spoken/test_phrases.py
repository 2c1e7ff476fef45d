"""Clock times, dates, measures and money: each rule where it fits and where it must not."""

from __future__ import annotations

import pytest

from models.spoken.phrases import Region, clock_at, date_at, measure_at


@pytest.mark.parametrize(
    ("spoken", "at", "written"),
    [
        ("half past six", 0, "6:30"),
        ("half six", 0, "6:30"),
        ("quarter to one", 0, "12:45"),
        ("quarter til nine", 0, "8:45"),
        ("five past six", 0, "6:05"),
        ("seven minutes past six", 0, "6:07"),
        ("seven past six", 0, None),
        ("ten to five", 0, "4:50"),
        ("five to ten", 0, None),
        ("at five to ten", 1, "9:55"),
        ("twenty to seven minutes", 0, None),
        ("half past thirteen", 0, None),
        ("half past", 0, None),
        ("six p m", 0, "6 pm"),
        ("six oh five pm", 0, "6:05 pm"),
        ("nine oh five", 0, None),
        ("by nine oh five", 1, "9:05"),
        ("six thirty", 0, "6:30"),
        ("six thirty grams", 0, None),
        ("six sixty", 0, None),
        ("eight o clock", 0, "8 o'clock"),
        ("eight o'clock p m", 0, "8 o'clock pm"),
        ("eighteen hundred hours", 0, "18:00"),
        ("fifteen hundred", 0, None),
        ("thirteen thirty", 0, None),
    ],
)
def test_clock(spoken: str, at: int, written: str | None) -> None:
    found = clock_at(spoken.split(), at)
    assert (found and found[0]) == written


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("may third", "may 3rd"),
        ("may the third", "may the 3rd"),
        ("third of may", "3rd of may"),
        ("twenty second november", "22nd november"),
        ("december five", "december 5"),
        ("december five people", "december 5"),
        ("december five cups", None),
        ("december twenty twenty five", None),
        ("december forty", None),
        ("may five", None),
        ("may the force", None),
        ("thirty second of may", None),
        ("third of people", None),
    ],
)
def test_date(spoken: str, written: str | None) -> None:
    found = date_at(spoken.split(), 0)
    assert (found and found[0]) == written


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("two hundred grams", "200 g"),
        ("two hundred g", "200 g"),
        ("fifteen hundred grams", "1,500 g"),
        ("ten minute timer", "10 minute"),
        ("thirty second timer", "30 second"),
        ("thirty second street", None),
        ("one second", "1 second"),
        ("two to three cups", "2-3 cups"),
        ("three to two cups", None),
        ("seven to nine p m", "7-9 pm"),
        ("half a cup", "1/2 cup"),
        ("half an hour", "1/2 hour"),
        ("half a dozen", None),
        ("quarter pound", "1/4 lb"),
        ("three quarter cup", "3/4 cup"),
        ("a third of a cup", "1/3 cup"),
        ("a third of people", None),
        ("two hours and a half", "2 1/2 hours"),
        ("an hour and a half marathon", "1 1/2 hours"),
        ("an hour and a quarter pound", None),
        ("five dollars fifty", "$5.50"),
        ("five dollars fifty grams", "$5"),
        ("five dollars five", "$5"),
        ("minus five dollars", "-$5"),
        ("two point five dollars fifty", "$2.5"),
        ("twenty pounds fifty", "£20.50"),
        ("twenty pounds sterling", "£20"),
        ("twenty pounds", "20 lb"),
        ("two people", None),
    ],
)
def test_measure(spoken: str, written: str | None) -> None:
    found = measure_at(spoken.split(), 0, Region.US)
    assert (found and found[0]) == written


def test_between_two_amounts_of_a_unit() -> None:
    assert measure_at(["between", "two", "and", "three", "cups"], 1, Region.US) == ("2 and 3 cups", 5)
