"""How transcripts are written: one rule for labels, scores and search. Pure."""

from __future__ import annotations

import re
import unicodedata

from models.numbers import spell_numbers

_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'"})
# Letters of dishes and names that no normal form takes apart, the acute accent typed for an apostrophe, and the hyphen that is not there.
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
    }
)
_NOT_WRITTEN = re.compile(r"[^a-z' ]+")


def normalise_text(text: str) -> str:
    """Lower case, [a-z' ] only, accents folded, numbers spelled, single spaces.

    >>> normalise_text("Crème  Brûlée for 2, please!")
    'creme brulee for two please'
    """
    # Compatibility forms first: some of them only then show their upper case or their apostrophe.
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_SPELLED)).casefold().translate(_APOSTROPHES)
    letters = "".join(character for character in folded if not unicodedata.combining(character))
    return " ".join(_NOT_WRITTEN.sub(" ", spell_numbers(letters)).split())
