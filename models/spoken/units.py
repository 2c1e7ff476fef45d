"""Units, currencies and months: how each is said, written and abbreviated. A table and its look-ups; pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    singular: str
    plural: str
    symbol: str = ""
    """What is shown after figures; empty: the word itself."""
    aliases: tuple[str, ...] = ()
    """Other words for it."""
    abbreviations: tuple[str, ...] = ()
    """Written, not said; the symbol is one of them."""
    tight: bool = False
    """No space before the symbol."""


PERCENT = Unit("percent", "percent", "%", ("per cent",), tight=True)
POUND_WEIGHT = Unit("pound", "pounds", "lb", abbreviations=("lbs",))
PENCE = Unit("penny", "pence", "p", tight=True)
UNITS = (
    PERCENT,
    POUND_WEIGHT,
    PENCE,
    Unit("cent", "cents", abbreviations=("\u00a2",)),
    Unit("gram", "grams", "g", ("gramme", "grammes"), ("gm", "gms")),
    Unit("kilogram", "kilograms", "kg", ("kilo", "kilos", "kilogramme", "kilogrammes"), ("kgs",)),
    Unit("milligram", "milligrams", "mg"),
    Unit("milliliter", "milliliters", "ml", ("millilitre", "millilitres")),
    Unit("centiliter", "centiliters", "cl", ("centilitre", "centilitres")),
    Unit("liter", "liters", "l", ("litre", "litres")),
    Unit("millimeter", "millimeters", "mm", ("millimetre", "millimetres")),
    Unit("centimeter", "centimeters", "cm", ("centimetre", "centimetres")),
    Unit("meter", "meters", "m", ("metre", "metres")),
    Unit("kilometer", "kilometers", "km", ("kilometre", "kilometres"), ("kms",)),
    Unit("mile", "miles", abbreviations=("mi",)),
    Unit("foot", "feet", "ft"),
    Unit("inch", "inches"),
    Unit("yard", "yards"),
    Unit("ounce", "ounces", "oz"),
    Unit("cup", "cups"),
    Unit("pint", "pints"),
    Unit("quart", "quarts"),
    Unit("gallon", "gallons"),
    Unit("tablespoon", "tablespoons", "tbsp", abbreviations=("tbsps", "tbs")),
    Unit("teaspoon", "teaspoons", "tsp", abbreviations=("tsps",)),
    Unit("second", "seconds", abbreviations=("sec", "secs", "s")),
    Unit("minute", "minutes", abbreviations=("min", "mins")),
    Unit("hour", "hours", abbreviations=("hr", "hrs", "h")),
    Unit("calorie", "calories", abbreviations=("kcal", "cal")),
    Unit("megabyte", "megabytes", "MB"),
    Unit("gigabyte", "gigabytes", "GB"),
    Unit("terabyte", "terabytes", "TB"),
    Unit("mile per hour", "miles per hour", "mph", ("miles an hour", "mile an hour")),
    Unit("kilometer per hour", "kilometers per hour", "km/h", ("kilometers an hour", "kilometres per hour", "kilometres an hour"), ("kph", "kmh")),
    Unit("degree", "degrees", "\u00b0", tight=True),
    Unit("degree celsius", "degrees celsius", "\u00b0C", ("degrees centigrade", "celsius"), ("\u00b0 c", "degrees c")),
    Unit("degree fahrenheit", "degrees fahrenheit", "\u00b0F", ("fahrenheit",), ("\u00b0 f", "degrees f")),
)
UNIT_SAID = {name: unit for unit in UNITS for name in (unit.singular, unit.plural, *unit.aliases)}
UNIT_ABBREVIATED = {name.lower(): unit for unit in UNITS for name in (unit.symbol, *unit.abbreviations) if name}
UNIT_OF = UNIT_ABBREVIATED | UNIT_SAID
_VOWEL_SOUNDS = ("a", "e", "i", "o", "u", "hour")

CURRENCIES = {
    "$": ("dollar", "dollars", ("cent", "cents")),
    "\u00a3": ("pound", "pounds", ("penny", "pence")),
    "\u20ac": ("euro", "euros", ("cent", "cents")),
}
CURRENCY_OF = {name: sign for sign, (one, many, _) in CURRENCIES.items() for name in (one, many)}
MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")


def article(word: str) -> str:
    """a or an."""
    return "an" if word.startswith(_VOWEL_SOUNDS) else "a"
