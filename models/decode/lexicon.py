"""Which words may be heard and how each is said: a text file, one pronunciation a line, and its symbols in a head's numbering."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from models.pronounce.alphabet import PHONES, decode, encode
from models.pronounce.pronouncer import Pronouncer
from models.records import CtcHead
from protos.errors import BundleError

Lexicon = dict[str, str]
"""Word -> codes (`models.pronounce.alphabet`) of its pronunciations, the usual one first, with spaces between."""
Symbols = tuple[int, ...]

# Guesses for a word that nobody wrote a pronunciation for. More do not lower the word error rate and grow the trie (benchmarks/LOG.md).
GUESSES = 3
RECENT = 4096
"""Words whose pronunciations are at hand: a hundred readings of a segment differ in few."""
_WORD = frozenset("abcdefghijklmnopqrstuvwxyz'")


def make_lexicon(words: Iterable[str], pronouncer: Pronouncer) -> Lexicon:
    """Every word that has a letter; the others (marks of the language model, stray apostrophes) are left out."""
    spoken = (word for word in words if _WORD.issuperset(word) and word.strip("'"))
    return {word: " ".join(encode(said.phones) for said in pronouncer.pronounce(word, GUESSES)) for word in spoken}


def write_lexicon(lexicon: Lexicon) -> bytes:
    """Gzipped lines `word PHONE PHONE ...`; the same lexicon gives the same bytes."""
    lines = (f"{word} {' '.join(decode(code))}\n" for word, codes in lexicon.items() for code in codes.split())
    return gzip.compress("".join(lines).encode("ascii"), mtime=0)


def read_lexicon(path: Path, packed: bytes) -> Lexicon:
    """path: for messages only. Raises: BundleError: names the line and the rule it broke."""
    try:
        lines = gzip.decompress(packed).decode("ascii").splitlines()
    except (EOFError, zlib.error, ValueError, OSError) as error:
        raise BundleError(f"{path}: is not a gzipped lexicon ({error})") from error
    codes: dict[str, list[str]] = {}
    for number, line in enumerate(lines, 1):
        word, *phones = line.split(" ")
        try:
            code = encode(tuple(phones))
        except KeyError as error:
            raise BundleError(f"{path} line {number}: {error} is not a phone; there are {', '.join(PHONES)}") from error
        if not code or not word or not _WORD.issuperset(word):
            raise BundleError(f"{path} line {number}: is {line!r}, must be a word of [a-z'] and its phones")
        codes.setdefault(word, []).append(code)
    if not codes:
        raise BundleError(f"{path}: has no word")
    return {word: " ".join(variants) for word, variants in codes.items()}


class Speller:
    """Words as a head says them. The head has ARPAbet's phones, or letters."""

    def __init__(self, head: CtcHead, lexicon: Lexicon) -> None:
        """Raises: BundleError: the head has no symbol for a phone, or for a letter."""
        self._lexicon = lexicon
        number = {token: index for index, token in enumerate(head.tokens)}
        self.phonetic = "AA" in number
        wanted = PHONES if self.phonetic else sorted(_WORD)
        missing = [token for token in wanted if token not in number]
        if missing:
            raise BundleError(f"head {head.name} has no {', '.join(missing)}: a lexicon needs every phone, or every letter and the apostrophe")
        self._symbol_of = {encode((token,)) if self.phonetic else token: number[token] for token in wanted}
        self._word_end = number.get(head.word_end)
        self._recent = lru_cache(RECENT)(self._variants)

    def knows(self, words: Iterable[str]) -> bool:
        """Whether every one is in the lexicon."""
        return all(word in self._lexicon for word in words)

    def pronunciations(self, word: str) -> list[Symbols]:
        """Best first. Raises: KeyError: the word is not in the lexicon."""
        return self._recent(word)

    def spell(self, words: Iterable[str]) -> tuple[Symbols, ...]:
        """The usual pronunciation of each word."""
        return tuple(self.pronunciations(word)[0] for word in words)

    def joined(self, symbols: Iterable[Symbols]) -> list[int]:
        """A text as the head says it: letters have a word end between words, phones have nothing."""
        text: list[int] = []
        for word in symbols:
            if text and self._word_end is not None:
                text.append(self._word_end)
            text += word
        return text

    def __iter__(self) -> Iterator[tuple[str, Symbols]]:
        """Every pronunciation of every word."""
        return ((word, symbols) for word in self._lexicon for symbols in self._variants(word))

    def _variants(self, word: str) -> list[Symbols]:
        codes = self._lexicon[word].split()
        return [self._symbols(code) for code in (codes if self.phonetic else [word])]

    def _symbols(self, code: str) -> Symbols:
        return tuple(map(self._symbol_of.__getitem__, code))
