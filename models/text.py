"""How transcripts are written: one rule for labels, scores, the language model, search and what is shown. Pure.

Said:    two hundred grams    `normalise_text`: labels, scores, the language model, what a recogniser emits
Shown:   200 g                `write_numbers`, which also gives back what was said
Sought:  twohundred grams     `search_text`: one form for both, for the index and its queries
"""

from __future__ import annotations

import re
import unicodedata

from models.spoken.phrases import Region
from models.spoken.speak import spell_numbers
from models.spoken.terms import canonical
from models.spoken.write import Span, Written, write_numbers

__all__ = ["Region", "Span", "Written", "fold", "normalise_text", "search_text", "write_numbers"]

_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'"})
# Letters of dishes and names that no normal form takes apart, the acute accent typed for an apostrophe, and the hyphen that is not there.
_FRACTIONS = "\u00bc\u00bd\u00be\u2150\u2151\u2152\u2153\u2154\u2155\u2156\u2157\u2158\u2159\u215a\u215b\u215c\u215d\u215e"
_SPELLED = str.maketrans(
    {
        "\u00b4": "'",
        "\u00ad": "",
        "\u00e6": "ae",
        "\u0153": "oe",
        "\u00f8": "o",
        "\u0142": "l",
        "\u0111": "d",
        "\u00f0": "d",
        "\u00fe": "th",
        "\u0131": "i",
        # Normal forms would make 11/2 of one and a half, and a letter of the sign for degrees.
        "\u00ba": "\u00b0",
        "\u2212": "-",
    }
    | {sign: f" {unicodedata.normalize('NFKD', sign).replace(chr(0x2044), '/')}" for sign in _FRACTIONS}
)
_NOT_WRITTEN = re.compile(r"[^a-z' ]+")


def fold(text: str) -> str:
    """Lower case, accents folded; figures, signs and every other character stay."""
    # Compatibility forms first: some of them only then show their upper case or their apostrophe.
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_SPELLED)).casefold().translate(_APOSTROPHES)
    return "".join(character for character in folded if not unicodedata.combining(character))


def normalise_text(text: str) -> str:
    """Lower case, [a-z' ] only, accents folded, numbers spelled, single spaces.

    >>> normalise_text("Crème  Brûlée for 2, please!")
    'creme brulee for two please'
    """
    return " ".join(_NOT_WRITTEN.sub(" ", spell_numbers(fold(text))).split())


def search_text(text: str) -> str:
    """Folded, and every number one word however it was said or written; the rest stays.

    >>> search_text("200g Crème Fraîche") == search_text("two hundred grams creme fraiche")
    True
    """
    return canonical(fold(text))
