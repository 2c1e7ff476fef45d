"""Dictionary -> pronunciation data: align, count graphones, fit the n-grams, leave out what rules say anyway."""

from __future__ import annotations

from collections import Counter

from models.pronounce.alphabet import LETTERS
from models.pronounce.data_file import PronunciationData
from models.pronounce.fit.align import align
from models.pronounce.fit.dictionary import Dictionary
from models.pronounce.fit.trie import fit_ngrams
from models.pronounce.graphones import FIRST_GRAPHONE, GraphoneModel
from models.pronounce.ngrams import MAX_TOKENS, PackedNgrams, unpack
from models.pronounce.rules import possessive, possessor
from protos.errors import ConfigurationError

# Of 6, 7 and 8 none is better; dropping n-grams worth up to a nat leaves 46 % of them and adds 0.04 points of phone errors (benchmarks/LOG.md).
ORDER = 7
PRUNE_NATS = 1.0
# 261 graphones of CMUdict occur twice, 209 four times: the others are misprints and abbreviations (mr, st).
MIN_GRAPHONE_COUNT = 4


def fit_data(dictionary: Dictionary, min_graphone_count: int = MIN_GRAPHONE_COUNT) -> PronunciationData:
    """The same dictionary gives the same data. Raises: ConfigurationError: it is too small to have every letter, or has too many graphones."""
    graphones, packed = _fit_graphones(dictionary, min_graphone_count)
    return PronunciationData(lexicon_of(dictionary), graphones, packed)


def fit_model(dictionary: Dictionary, min_graphone_count: int = MIN_GRAPHONE_COUNT) -> GraphoneModel:
    """The model alone, as it will be after it was stored. Raises: as fit_data."""
    graphones, packed = _fit_graphones(dictionary, min_graphone_count)
    return GraphoneModel(unpack(packed), graphones)


def lexicon_of(dictionary: Dictionary) -> dict[str, str]:
    """Everything but possessives that the rule makes from their possessor."""
    return {word: " ".join(codes) for word, codes in dictionary.items() if not _follows(dictionary, word)}


def is_learnt_from(word: str) -> bool:
    """Whether the word's letters say its sound: single letters are names, and 's is a rule."""
    return len(word) > 1 and possessor(word) is None


def _follows(dictionary: Dictionary, word: str) -> bool:
    owner = dictionary.get(possessor(word) or "", ())
    return dictionary[word] == tuple(map(possessive, owner))


def _fit_graphones(dictionary: Dictionary, min_graphone_count: int) -> tuple[tuple[str, ...], PackedNgrams]:
    pairs = [(word, code) for word, codes in dictionary.items() if is_learnt_from(word) for code in codes]
    _check_letters("".join(word for word, _ in pairs))
    alignments = align(pairs)
    counts = Counter(graphone for alignment in alignments for graphone in alignment)
    clean = [alignment for alignment in alignments if all(counts[graphone] >= min_graphone_count for graphone in alignment)]
    graphones = sorted({graphone for alignment in clean for graphone in alignment})
    _check_graphones(graphones)
    token_of = {graphone: token for token, graphone in enumerate(graphones, FIRST_GRAPHONE)}
    return tuple(graphones), fit_ngrams([[token_of[graphone] for graphone in alignment] for alignment in clean], ORDER, PRUNE_NATS)


def _check_letters(written: str) -> None:
    unwritten = sorted(set(LETTERS) - set(written))
    if unwritten:
        raise ConfigurationError(f"the dictionary is too small: {unwritten[0]!r} is in no word that can be learnt from")


def _check_graphones(graphones: list[str]) -> None:
    _check_letters("".join(graphone[0] for graphone in graphones))
    if FIRST_GRAPHONE + len(graphones) > MAX_TOKENS:
        raise ConfigurationError(f"the dictionary pairs letters and phones in {len(graphones)} ways, at most {MAX_TOKENS - FIRST_GRAPHONE} have room")
