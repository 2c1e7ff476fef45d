"""How a word is said: lexicon, then rules, then the graphone model. Serving-safe: numpy and one data file; no torch, no espeak-ng, no GPL."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from models.pronounce.alphabet import LETTERS, Phones, Pronunciation, decode
from models.pronounce.data_file import read_data
from models.pronounce.graphones import GraphoneModel
from models.pronounce.rules import is_spelled, possessive, possessor

ENGLISH = Path(__file__).parent / "english.npz"
N_BEST = 5
_LETTERS = frozenset(LETTERS)


class Pronouncer:
    """Args: lexicon: word -> phone codes, the usual first, with spaces between; it has every single letter."""

    def __init__(self, lexicon: dict[str, str], model: GraphoneModel) -> None:
        self._lexicon = lexicon
        self._model = model

    @classmethod
    def load(cls, path: Path = ENGLISH) -> Pronouncer:
        """Raises: BundleError: the data is not there or not whole."""
        data, ngrams = read_data(path)
        return cls(data.lexicon, GraphoneModel(ngrams, data.graphones))

    def __contains__(self, word: str) -> bool:
        """Whether the lexicon has the word, or its possessor: its pronunciation was written by a person."""
        return word in self._lexicon or possessor(word) in self._lexicon

    def pronounce(self, word: str, count: int = N_BEST) -> tuple[Pronunciation, ...]:
        """Pronunciations, best first: all that the lexicon has, otherwise at most `count` guesses.

        Lexicon variants share 1 equally, as CMUdict ranks but does not weigh them. Guesses have their posterior among all that survived the beam.
        Raises: ValueError: the word has no letter, or a character outside [a-z'].
        """
        if not _LETTERS.issuperset(word):
            raise ValueError(f"{word!r} has {min(set(word) - _LETTERS)!r}, only [a-z'] are pronounced; normalise_text() writes so")
        if not word.strip("'"):
            raise ValueError(f"{word!r} has no letter to pronounce")
        return tuple(Pronunciation(decode(code), share) for code, share in self._codes(word, count))

    def phones(self, text: str) -> Phones:
        """The first pronunciation of every word of a normalised text, one after the other; an apostrophe alone is silent.

        Raises: ValueError: a character outside [a-z' ].
        """
        said = (self.pronounce(word, 1)[0].phones for word in text.split() if word.strip("'"))
        return tuple(phone for phones in said for phone in phones)

    def _codes(self, word: str, count: int) -> list[tuple[str, float]]:
        if word in self._lexicon:
            variants = self._lexicon[word].split()
            return [(code, 1 / len(variants)) for code in variants]
        if owner := possessor(word):
            return [(possessive(code), share) for code, share in self._codes(owner, count)]
        if word.endswith("'"):
            return self._codes(word[:-1], count)
        if is_spelled(word):
            return [(self._spelled(word), 1.0)]
        return self._model.n_best(word, count) or [(self._spelled(word), 1.0)]

    def _spelled(self, word: str) -> str:
        return "".join(self._lexicon[letter].split()[0] for letter in word if letter != "'")


@cache
def english() -> Pronouncer:
    """The one that this distribution ships, loaded once a process. Raises: BundleError."""
    return Pronouncer.load()
