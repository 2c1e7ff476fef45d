"""Spoken clock times, dates, money, measures and ranges -> how they are written. Pure.

Each rule takes the words and where to begin, and returns what is written and the word after it, or None. A number without a unit: bare.py.
"""

from __future__ import annotations

from enum import StrEnum

from models.spoken.counting import Number, Words, amount_at, below_hundred_at, fraction_at, ordinal_at, pair_at, word_at
from models.spoken.numerals import DENOMINATOR_OF, VALUE_OF
from models.spoken.units import CURRENCY_OF, MONTHS, PENCE, POUND_WEIGHT, UNIT_OF, Unit

Phrase = tuple[str, int]
_TIME_BEFORE = frozenset(("at", "by", "until", "till", "around", "before", "after", "since", "it's", "alarm"))
_BARE_MINUTES = frozenset((5, 10, 20, 25))
_HALF_DAY = {("am",): "am", ("pm",): "pm", ("a", "m"): "am", ("p", "m"): "pm"}
_PAST, _TO = frozenset(("past", "after")), frozenset(("to", "till", "til"))
_LONGEST_UNIT = 3
# What lasts: a thirty second timer is not the thirty second of its kind.
_LASTING = frozenset(("timer", "timers", "video", "clip", "break", "countdown", "delay", "plank", "ad", "interval", "rule", "sprint", "alarm"))
# Before twenty pounds they speak of money; without them the region decides.
_PRICE_WORDS = frozenset(
    ("under", "below", "cost", "costs", "costing", "pay", "paid", "spend", "spent", "price", "priced", "budget", "worth", "owe", "send", "transfer")
)
_MONTHS_THAT_ARE_VERBS = frozenset(("may", "march"))


class Region(StrEnum):
    """Whose habits decide where words do not: twenty pounds are 20 lb in the US, £20 in the UK."""

    US = "us"
    UK = "uk"


def clock_at(words: Words, at: int) -> Phrase | None:
    """half past six, quarter to nine, twenty five to eight, six thirty pm, seven o'clock, eighteen hundred hours."""
    return _past_or_to(words, at) or _hour_first(words, at)


def _past_or_to(words: Words, at: int) -> Phrase | None:
    start = at + (words[at] == "a" and word_at(words, at + 1) == "quarter")
    if words[start] in ("half", "quarter"):
        minutes, after = (30, start + 1) if words[start] == "half" else (15, start + 1)
    elif (counted := below_hundred_at(words, start)) is not None and counted[0] < 60:
        minutes, after = counted
    else:
        return None
    named = words[start] in ("half", "quarter") or word_at(words, after) in ("minute", "minutes")
    after += word_at(words, after) in ("minute", "minutes")
    relation = word_at(words, after)
    if words[start] == "half" and relation in VALUE_OF:
        relation, after = "past", after - 1
    hour = below_hundred_at(words, after + 1)
    if hour is None or not 1 <= hour[0] <= 12 or unit_at(words, hour[1], 1) or not (named or minutes in _BARE_MINUTES):
        return None
    if relation in _PAST:
        return _with_half_day(words, f"{hour[0]}:{minutes:02}", hour[1])
    # five to ten is a range, ten to five and at five to ten are times
    if relation not in _TO or (words[start] == "half") or not (named or minutes > hour[0] or word_at(words, at - 1) in _TIME_BEFORE):
        return None
    return _with_half_day(words, f"{(hour[0] - 2) % 12 + 1}:{60 - minutes:02}", hour[1])


def _hour_first(words: Words, at: int) -> Phrase | None:
    hour = below_hundred_at(words, at)
    if hour is None:
        return None
    if tuple(words[hour[1] : hour[1] + 2]) == ("hundred", "hours") and hour[0] < 24:
        return f"{hour[0]:02}:00", hour[1] + 2
    if not 1 <= VALUE_OF.get(words[at], 0) <= 12:
        return None
    if word_at(words, at + 1) == "o'clock":
        return _with_half_day(words, f"{hour[0]} o'clock", at + 2)
    if tuple(words[at + 1 : at + 3]) in (("o", "clock"), ("oh", "clock")):
        return _with_half_day(words, f"{hour[0]} o'clock", at + 3)
    pair = pair_at(words, at)
    if pair is not None and pair.value % 100 < 60:
        text, half = f"{pair.figures[:-2]}:{pair.figures[-2:]}", half_day_at(words, pair.end)
        if half or word_at(words, at - 1) in _TIME_BEFORE or "oh" not in words[at : pair.end]:
            return None if unit_at(words, pair.end, 2) else _with_half_day(words, text, pair.end)
    return _with_half_day(words, str(hour[0]), at + 1) if half_day_at(words, at + 1) else None


def half_day_at(words: Words, at: int) -> str:
    """am, pm, or empty."""
    return next((said for spelled, said in _HALF_DAY.items() if tuple(words[at : at + len(spelled)]) == spelled), "")


def _with_half_day(words: Words, text: str, at: int) -> Phrase:
    half = half_day_at(words, at)
    return (f"{text} {half}", at + (1 if word_at(words, at) == half else 2)) if half else (text, at)


def date_at(words: Words, at: int) -> Phrase | None:
    """the third of may, may third, december twenty five; the words of the month and between stay."""
    if words[at] in MONTHS:
        the = word_at(words, at + 1) == "the"
        day = ordinal_at(words, at + 1 + the)
        if day is not None and day.value <= 31:
            return f"{words[at]} {'the ' if the else ''}{day.figures}{suffix(day)}", day.end
        return None if the else _cardinal_day(words, at)
    day = ordinal_at(words, at)
    if day is None or day.value > 31:
        return None
    of = word_at(words, day.end) == "of"
    if word_at(words, day.end + of) not in MONTHS:
        return None
    return f"{day.figures}{suffix(day)} {'of ' if of else ''}{words[day.end + of]}", day.end + of + 1


def _cardinal_day(words: Words, at: int) -> Phrase | None:
    if words[at] in _MONTHS_THAT_ARE_VERBS or (at + 1 < len(words) and pair_at(words, at + 1)):
        return None
    day = amount_at(words, at + 1) if at + 1 < len(words) else None
    if day is None or not day.figures.isdecimal() or not 1 <= day.value <= 31 or day.minus or unit_at(words, day.end, day.value):
        return None
    return f"{words[at]} {day.figures}", day.end


def suffix(number: Number) -> str:
    """st, nd, rd or th."""
    value = int(number.value)
    return "th" if value % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")


def measure_at(words: Words, at: int, region: Region) -> Phrase | None:
    """Amounts and ranges of a unit or a currency: two to three cups, five dollars fifty, half a cup, an hour and a half."""
    part = _part_of_unit(words, at) or _unit_and_a_half(words, at)
    if part is not None:
        return part
    first = amount_at(words, at)
    if first is None:
        return None
    last, between = _up_to(words, first, word_at(words, at - 1) == "between")
    written = first.counted if last is first else f"{first.counted}{between}{last.counted}"
    return _money(words, at, written, last, region) or _measure(words, written, last)


def _up_to(words: Words, first: Number, between: bool) -> tuple[Number, str]:
    """The end of a range and what is written before it; the number itself where there is none."""
    joins = "and" if between else "to"
    if word_at(words, first.end) == joins and first.end + 1 < len(words):
        last = amount_at(words, first.end + 1)
        if last is not None and last.value > first.value and not last.minus:
            return last, " and " if between else "-"
    return first, ""


def _measure(words: Words, written: str, number: Number) -> Phrase | None:
    found = unit_at(words, number.end, number.value)
    if found is None:
        half = half_day_at(words, number.end)
        return _with_half_day(words, written, number.end) if half and "-" in written else None
    unit, said, end = found
    return show(written, unit, said), end


def show(written: str, unit: Unit, said: str) -> str:
    """Figures and their unit: its symbol, or the word that was said."""
    return f"{written}{'' if unit.tight and unit.symbol else ' '}{unit.symbol or said}"


def unit_at(words: Words, at: int, value: float) -> tuple[Unit, str, int] | None:
    """The longest unit that begins here, as it was said, and the word after it. value: how many of it. A p alone is half of p m, not pence."""
    for count in range(_LONGEST_UNIT, 0, -1):
        said = " ".join(words[at : at + count])
        if said in UNIT_OF and said != PENCE.symbol and at + count <= len(words):
            if said == "second" and value != 1 and word_at(words, at + 1) not in _LASTING:
                return None
            return UNIT_OF[said], said, at + count
    return None


def _part_of_unit(words: Words, at: int) -> Phrase | None:
    """half a cup, a quarter of a teaspoon, two thirds cup."""
    if words[at] == "half":
        figures, end = "1/2", at + 1
    elif words[at] == "quarter" or (words[at] == "a" and word_at(words, at + 1) in ("quarter", "third", "half")):
        end = at + 1 + (words[at] == "a")
        figures = f"1/{DENOMINATOR_OF[words[end - 1]]}"
    elif (fraction := fraction_at(words, at)) is not None:
        figures, end = fraction.figures, fraction.end
    elif tuple(words[at : at + 2]) == ("three", "quarter"):
        figures, end = "3/4", at + 2
    else:
        return None
    end += word_at(words, end) == "of"
    end += word_at(words, end) in ("a", "an")
    found = unit_at(words, end, 1)
    return (show(figures, found[0], found[1]), found[2]) if found else None


def _unit_and_a_half(words: Words, at: int) -> Phrase | None:
    """an hour and a half, two cups and a quarter."""
    number = Number("1", at + 1, 1) if words[at] in ("a", "an") else amount_at(words, at)
    found = unit_at(words, number.end, number.value) if number is not None and number.figures.isdecimal() else None
    if number is None or found is None or tuple(words[found[2] : found[2] + 2]) != ("and", "a"):
        return None
    part = word_at(words, found[2] + 2)
    # an hour and a half hour would be something else
    if part not in ("half", "quarter") or unit_at(words, found[2] + 3, 1):
        return None
    return show(f"{number.counted} 1/{DENOMINATOR_OF[part]}", found[0], found[0].plural), found[2] + 3


def _money(words: Words, at: int, written: str, number: Number, region: Region) -> Phrase | None:
    name, end = word_at(words, number.end), number.end + 1
    if name not in CURRENCY_OF or "/" in written:
        return None
    sign, cents = CURRENCY_OF[name], None
    if number.figures.isdecimal() and "-" not in written and not number.scale:
        cents = _cents(words, end)
    if name in (POUND_WEIGHT.singular, POUND_WEIGHT.plural) and not cents and not _is_price(words, at, end, region):
        return None
    minus, amount = ("-", written[1:]) if written.startswith("-") else ("", written)
    return (f"{minus}{sign}{amount}.{cents[0]:02}", cents[1]) if cents else (f"{minus}{sign}{amount}", end)


def _cents(words: Words, at: int) -> tuple[int, int] | None:
    """fifty; and five cents."""
    joined_by_and = word_at(words, at) == "and"
    found = below_hundred_at(words, at + joined_by_and)
    if found is None:
        return None
    value, end = found
    if word_at(words, end) in ("cent", "cents", "penny", "pence"):
        return value, end + 1
    return found if value >= 10 and not joined_by_and and not unit_at(words, end, value) and not _goes_on(words, end) else None


def _goes_on(words: Words, at: int) -> bool:
    return word_at(words, at) in ("hundred", "thousand", "million", "billion", "point", "to")


def _is_price(words: Words, at: int, end: int, region: Region) -> bool:
    if word_at(words, end) == "of":
        return False
    return region is Region.UK or word_at(words, end) == "sterling" or any(word in _PRICE_WORDS for word in words[max(at - 2, 0) : at])
