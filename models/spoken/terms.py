"""Text -> the words it is searched by, in which a number is one word however it was said or written. Pure.

200 g, 200g and two hundred grams are all `twohundred grams`. Joined words and not figures, because what is searched for was heard: letters that
were misheard (too hundred) still resemble the right ones, and the letters of a title stay those of its pronunciation.
"""

from __future__ import annotations

import re

from models.spoken.speak import readings, spell_numbers
from models.spoken.write import write_numbers

# Words with nothing between them that ends a phrase: serves six. thirty minutes is no time of day.
_PHRASE = re.compile(r"[a-z']+(?:[ \t\n-]+[a-z']+)*")


def canonical(text: str) -> str:
    """text: lower case, without accents. Everything but numbers stays, with single spaces.

    >>> canonical("200g of flour, half past six") == canonical("two hundred grams of flour, 6:30")
    True
    """
    return " ".join(_PHRASE.sub(lambda phrase: f" {_terms(phrase.group())} ", spell_numbers(text)).split())


def _terms(phrase: str) -> str:
    written = write_numbers(phrase.replace("-", " "))
    if not written.spans and "-" not in phrase:
        return phrase
    pieces, at = [], 0
    for reading in readings(written.text):
        pieces += [written.text[at : reading.start], *reading.terms]
        at = reading.end
    return " ".join([*pieces, written.text[at:]])
