"""How well unseen words are pronounced: a twentieth of a dictionary is held out, the model fitted to the rest. No lexicon, no rules."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from models.pronounce.fit.dictionary import Dictionary
from models.pronounce.fit.maker import is_learnt_from
from models.pronounce.graphones import GraphoneModel

HELD_OUT_OF = 20
N_BEST = 5
_MIN_STEM_LETTERS = 4
_ENDING = re.compile(r"('s|s'|ings?|ed|es|ers?|ly|s|e|y)$")


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Against the nearest of a word's pronunciations."""

    words: int
    phones: int
    phone_errors: int
    first_right: int
    """Words whose first guess is one of the pronunciations."""
    any_right: int
    """Words with a pronunciation among the first N_BEST guesses."""

    @property
    def phone_error_rate(self) -> float:
        return self.phone_errors / self.phones

    @property
    def word_accuracy(self) -> float:
        return self.first_right / self.words

    @property
    def word_accuracy_n_best(self) -> float:
        return self.any_right / self.words


def stem(word: str) -> str:
    """The word without its endings: what tells families apart when they are held out whole.

    >>> stem("bakers"), stem("baking")
    ('bak', 'bak')
    """
    while (shorter := _ENDING.sub("", word)) != word and len(shorter) >= _MIN_STEM_LETTERS - 1:
        word = shorter
    return word


def split(dictionary: Dictionary, key: Callable[[str], str]) -> tuple[Dictionary, Dictionary]:
    """Rest and held out: words with the same key are on one side, the same in every run. Single letters are in the rest, possessives in neither."""
    rest: Dictionary = {}
    held_out: Dictionary = {}
    for word, codes in dictionary.items():
        if not is_learnt_from(word):
            if len(word) == 1:
                rest[word] = codes
        elif int.from_bytes(hashlib.sha256(key(word).encode()).digest()[:4], "big") % HELD_OUT_OF == 0:
            held_out[word] = codes
        else:
            rest[word] = codes
    return rest, held_out


def judge(model: GraphoneModel, references: Mapping[str, tuple[str, ...]]) -> Accuracy:
    """Args: references: word -> codes of its pronunciations, any of which is right."""
    words = phones = errors = first_right = any_right = 0
    for word, right in references.items():
        guesses = [codes for codes, _ in model.n_best(word, N_BEST)] or [""]
        missed, length = min((Levenshtein.distance(codes, guesses[0]), len(codes)) for codes in right)
        words, phones, errors = words + 1, phones + length, errors + missed
        first_right += guesses[0] in right
        any_right += not set(guesses).isdisjoint(right)
    return Accuracy(words, phones, errors, first_right, any_right)
