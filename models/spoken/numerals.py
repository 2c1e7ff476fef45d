"""Numbers as words: cardinals, ordinals, years, digits; and the words' values. Pure."""

from __future__ import annotations

_SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
ONES = tuple(_SMALL.split())
TENS = ("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SCALES = ("", "thousand", "million", "billion", "trillion")
_IRREGULAR = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth", "twelve": "twelfth"}
# 1010 to 1999 and 2010 to 2099 are read in pairs; 2001 to 2009 are not.
_READ_IN_PAIRS = (range(1010, 2000), range(2010, 2100))
_ROUND_DIGITS = 5
"""From here on an ungrouped number is a telephone number or a postcode, unless it is round."""


def cardinal(number: int) -> str:
    """0 and up; beyond the trillions digit by digit, as one reads a telephone number.

    >>> cardinal(20_305)
    'twenty thousand three hundred five'
    """
    if number >= 1000 ** len(SCALES):
        return digits(str(number))
    groups = []
    for scale in SCALES:
        number, group = divmod(number, 1000)
        if group:
            groups.append(f"{_below_thousand(group)} {scale}".rstrip())
    return " ".join(reversed(groups)) or ONES[0]


def digits(figures: str) -> str:
    """Each figure a word."""
    return " ".join(ONES[int(figure)] for figure in figures)


def ordinal(words: str) -> str:
    """The last word of a cardinal turned: twenty one -> twenty first."""
    before, _, last = words.rpartition(" ")
    turned = _IRREGULAR.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
    return f"{before} {turned}".lstrip()


def plural(words: str) -> str:
    """The last word's plural: eighty -> eighties, third -> thirds, half -> halves."""
    if words.endswith("half"):
        return f"{words[:-1]}ves"
    return f"{words[:-1]}ies" if words.endswith("y") else f"{words}s"


def whole(figures: str) -> str:
    """Figures without commas, as they are read where nothing says what they count: 1984 as a year, 007 and 5551234 digit by digit."""
    number = int(figures)
    if (figures[0] == "0" and len(figures) > 1) or (len(figures) >= _ROUND_DIGITS and number % 100):
        return digits(figures)
    return year(number) if any(number in years for years in _READ_IN_PAIRS) else cardinal(number)


def year(number: int) -> str:
    """1000 to 2099 in pairs: nineteen oh six, fifteen hundred, two thousand."""
    century, rest = divmod(number, 100)
    if not rest:
        return cardinal(number) if number % 1000 == 0 else f"{below_hundred(century)} hundred"
    return f"{below_hundred(century)} {'oh ' if rest < 10 else ''}{below_hundred(rest)}"


def below_hundred(number: int) -> str:
    if number < len(ONES):
        return ONES[number]
    tens, ones = divmod(number, 10)
    return f"{TENS[tens]} {ONES[ones]}" if ones else TENS[tens]


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    words = [f"{ONES[hundreds]} hundred"] if hundreds else []
    if rest:
        words.append(below_hundred(rest))
    return " ".join(words)


VALUE_OF = {word: value for value, word in enumerate(ONES)} | {word: 10 * value for value, word in enumerate(TENS) if value > 1}
SCALE_OF = {word: 1000**power for power, word in enumerate(SCALES) if power}
ORDINAL_VALUE_OF = {ordinal(word): value for word, value in VALUE_OF.items() if value}
DECADE_OF = {plural(word): 10 * value for value, word in enumerate(TENS) if value > 1}
DENOMINATOR_OF = {"half": 2, "third": 3, "quarter": 4, "fourth": 4} | {ordinal(ONES[n]): n for n in range(5, 11)}
