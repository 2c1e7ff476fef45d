"""The table of units."""

from __future__ import annotations

from models.spoken.units import PENCE, UNIT_ABBREVIATED, UNIT_OF, UNIT_SAID, UNITS, article


def test_no_name_belongs_to_two_units() -> None:
    names = [name for unit in UNITS for name in {unit.singular, unit.plural, unit.symbol.lower(), *unit.aliases, *unit.abbreviations} - {""}]
    assert sorted(names) == sorted(UNIT_OF)


def test_american_and_british_names_are_one_unit() -> None:
    assert UNIT_OF["litres"] is UNIT_OF["liters"] is UNIT_OF["l"]
    assert UNIT_OF["per cent"] is UNIT_OF["percent"] is UNIT_OF["%"]


def test_what_is_said_is_told_from_what_is_only_written() -> None:
    assert "tablespoons" in UNIT_SAID
    assert "tablespoons" not in UNIT_ABBREVIATED
    assert UNIT_ABBREVIATED["p"] is PENCE


def test_the_article_goes_by_the_sound() -> None:
    assert [article(word) for word in ("hour", "ounce", "cup")] == ["an", "an", "a"]
