"""What needs no statistics: possessives, and words without a vowel, which are spelled. Pure; works on phone codes."""

from __future__ import annotations

from models.pronounce.alphabet import encode

_VOWELS = frozenset("aeiouy")
# CMUdict spells 103 of the 143 such words that it has, none of them longer (benchmarks/LOG.md); the others, noises (hmm) and titles (mr), are in the
# lexicon.
MAX_SPELLED_LETTERS = 5
_SIBILANTS = frozenset(encode(("S", "Z", "SH", "ZH", "CH", "JH")))
_VOICELESS = frozenset(encode(("P", "T", "K", "F", "TH")))


def possessor(word: str) -> str | None:
    """Who owns: the word without 's, or None.

    >>> possessor("shepherd's"), possessor("shepherds")
    ('shepherd', None)
    """
    owner = word.removesuffix("'s")
    return owner if owner != word and owner.strip("'") else None


def possessive(code: str) -> str:
    """The code with the sound of 's: boss's, cat's, dog's."""
    if code[-1] in _SIBILANTS:
        return code + encode(("IH", "Z"))
    return code + encode(("S",) if code[-1] in _VOICELESS else ("Z",))


def is_spelled(word: str) -> bool:
    """Whether the word is said letter by letter.

    >>> is_spelled("bbq"), is_spelled("cat")
    (True, False)
    """
    return len(word) <= MAX_SPELLED_LETTERS and word.isalpha() and _VOWELS.isdisjoint(word)
