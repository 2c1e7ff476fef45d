"""Texts and their words: read, counted, chosen, and written as tokens."""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from models.lm.backoff import END, MARKS, START, UNKNOWN, Indices
from models.pronounce.pronouncer import Pronouncer
from models.pronounce.rules import is_spelled
from models.text import normalise_text
from protos.errors import ConfigurationError

Sentence = tuple[str, ...]
MIN_COUNT = 2
# The only letters that are words; others in texts are what is left of abbreviations, and a decoder would make any noise of them.
_WORDS_OF_ONE_LETTER = frozenset("aio")
_NORMALISED = re.compile(r"[a-z']+( [a-z']+)*")


def read_sentences(path: Path) -> list[Sentence]:
    """Sentences of a text, one a line, normalised; gzipped if the name ends in .gz. Raises: ConfigurationError: there are none."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            sentences = [sentence for line in lines if (sentence := as_sentence(line.rstrip("\n")))]
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if not sentences:
        raise ConfigurationError(f"{path}: has no sentence; write one a line")
    return sentences


def as_sentence(text: str) -> Sentence:
    return tuple((text if _NORMALISED.fullmatch(text) else normalise_text(text)).split())


def count_words(texts: Iterable[Sequence[Sentence]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(chain.from_iterable(text))
    return counts


def choose_words(counts: Counter[str], pronouncer: Pronouncer, min_count: int = MIN_COUNT) -> tuple[str, ...]:
    """MARKS and the words that were seen often enough, by alphabet. Once is enough for what the pronouncing dictionary has: it is no misprint."""
    chosen = [word for word, count in counts.items() if is_word(word, pronouncer) and (count >= min_count or word in pronouncer)]
    return (*MARKS, *sorted(chosen))


def is_word(word: str, pronouncer: Pronouncer) -> bool:
    """Whether a decoder may hear it: not a single letter, and nothing that could only be spelled out."""
    if len(word.strip("'")) < 2:
        return word in _WORDS_OF_ONE_LETTER
    return word in pronouncer or not is_spelled(word)


def encode(sentences: Iterable[Sentence], words: Sequence[str]) -> Indices:
    """(T,) tokens, each sentence from START to END; UNKNOWN for what is not among the words."""
    index = {word: token for token, word in enumerate(words)}
    return np.array([token for sentence in sentences for token in (START, *(index.get(word, UNKNOWN) for word in sentence), END)], np.int64)
