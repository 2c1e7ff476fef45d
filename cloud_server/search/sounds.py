"""How titles sound, in the code that heard phones are written in: one character a phone. Pure, but for the lexicon that pronounces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

from models.pronounce.alphabet import Pronunciation, encode
from models.text import normalise_text

# Of a title: every word has its usual way and a few have others; more ways cost more than they find.
MAX_PRONUNCIATIONS = 2
WAYS_OF_A_WORD = 2
Pronounce = Callable[[str, int], Sequence[Pronunciation]]
"""A word and how many ways -> at least one, best first (`models.pronounce.pronouncer.Pronouncer.pronounce`)."""


def pronunciations(title: str, pronounce: Pronounce) -> tuple[str, ...]:
    """Codes of the likeliest ways to say a title, the usual one first; none where it has no letter or digit.

    >>> from models.pronounce.pronouncer import english
    >>> len(pronunciations("Tomato", english().pronounce))
    2
    """
    words = [pronounce(word, WAYS_OF_A_WORD)[:WAYS_OF_A_WORD] for word in normalise_text(title).split() if word.strip("'")]
    if not words:
        return ()
    return tuple(dict.fromkeys("".join(encode(way.phones) for way in ways) for ways in _likeliest(words)))


def sound_grams(code: str) -> list[str]:
    """Pairs and triples of phones, in order, with repetitions: what the index holds and is asked.

    >>> sound_grams("abc")
    ['ab', 'bc', 'abc']
    """
    return [code[at : at + length] for length in (2, 3) for at in range(len(code) - length + 1)] or ([code] if code else [])


def _likeliest(words: Sequence[Sequence[Pronunciation]]) -> list[tuple[Pronunciation, ...]]:
    """At most MAX_PRONUNCIATIONS choices of one way for each word: other ways of the words whose second way is nearest to the first."""
    by_doubt = sorted(range(len(words)), key=lambda at: -words[at][1].probability / words[at][0].probability if len(words[at]) > 1 else 0.0)
    doubtful = set(by_doubt[: MAX_PRONUNCIATIONS.bit_length() - 1])
    return list(product(*(ways if at in doubtful else ways[:1] for at, ways in enumerate(words))))[:MAX_PRONUNCIATIONS]
