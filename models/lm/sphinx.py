"""PocketSphinx's binary n-grams (`en-us.lm.bin`) -> a back-off model. Order 3 only, which is what its packages ship. numpy only.

Its own converter fails on the file (an assertion in Debian's sphinx_lm_convert 0.8). Layout, after CMU's lm_trie.c and lm_trie_quant.c: a mark, the
order, counts, two tables of 65,536 quantised logarithms for pairs and one for triples, single words, packed records of pairs and triples, the words.
Backwards: below each word stand the words before it, and below those the words before them. Logarithms are to base 1.0001.

Legend: N n-grams of one length.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.lm.backoff import MARKS, START, Array, BackoffModel, Indices, Level, find
from protos.errors import ConfigurationError

ENDING = ".lm.bin"
MARK = b"Trie Language Model"
ORDER = 3
LOG_BASE = 1.0001
_BINS = 1 << 16
_QUANTISED_BITS = 16
_WORD = np.dtype([("probability", "<f4"), ("backoff", "<f4"), ("next", "<u4")])


@dataclass(slots=True)
class _Reader:
    raw: bytes
    at: int = 0

    def take(self, dtype: npt.DTypeLike, count: int) -> npt.NDArray[np.void]:
        """Raises: ValueError: there are fewer."""
        values = np.frombuffer(self.raw, dtype, count, self.at)
        self.at += values.nbytes
        return values


def read_sphinx(path: Path) -> BackoffModel:
    """Raises: ConfigurationError: names the rule it broke."""
    try:
        return from_sphinx(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or error}") from error
    except (ValueError, IndexError) as error:
        raise ConfigurationError(f"{path}: is not PocketSphinx's binary n-grams ({error})") from error


def from_sphinx(raw: bytes) -> BackoffModel:
    """Raises: ValueError: it is no such file, or one of another order."""
    if not raw.startswith(MARK):
        raise ValueError("has not the mark of PocketSphinx's binary n-grams")
    file = _Reader(raw, len(MARK))
    order = int(file.take("u1", 1)[0])
    if order != ORDER:
        raise ValueError(f"has n-grams of {order} words, this program reads {ORDER}")
    words_count, pairs_count, triples_count = (int(count) for count in file.take("<u4", ORDER))
    file.take("<i4", 1)  # kind of quantisation; there is one
    pair_probability, pair_backoff, triple_probability = (_probabilities(table) for table in file.take("<f4", 3 * _BINS).reshape(3, _BINS))
    singles = file.take(_WORD, words_count + 1)
    word, backoff, probability, following = _records(file, pairs_count, (_bits(words_count), _QUANTISED_BITS, _QUANTISED_BITS, _bits(triples_count)))
    before, rare = _records(file, triples_count, (_bits(words_count), _QUANTISED_BITS))
    words = file.raw[file.at + 4 : file.at + 4 + int(file.take("<i4", 1)[0])].decode().split("\0")[:words_count]
    # The counts name more than the file holds (what the converter trips over): where each one's entries begin says how many there are.
    pair_of_word, triple_of_pair = singles["next"].astype(np.int64), following[: int(singles["next"][-1]) + 1]
    pair_count, triple_count = int(pair_of_word[-1]), int(triple_of_pair[-1])
    pairs = _Pairs(word[:pair_count], _owners(pair_of_word), pair_probability[probability[:pair_count]], pair_backoff[backoff[:pair_count]])
    owner = _owners(triple_of_pair)
    triples = _Triples(before[:triple_count], pairs.first[owner], pairs.second[owner], triple_probability[rare[:triple_count]])
    return _model(words, _probabilities(singles["probability"][:-1]), _probabilities(singles["backoff"][:-1]), pairs, triples)


@dataclass(frozen=True, slots=True)
class _Pairs:
    first: Indices
    second: Indices
    probability: Array
    backoff: Array


@dataclass(frozen=True, slots=True)
class _Triples:
    first: Indices
    second: Indices
    third: Indices
    probability: Array


def _model(words: list[str], probability: Array, backoff: Array, pairs: _Pairs, triples: _Triples) -> BackoffModel:
    """MARKS first, whatever the file's order; a pair that is needed as a context and was pruned away gets what it backs off to."""
    names = tuple(dict.fromkeys((*MARKS, *words)))
    vocabulary, index = len(names), {word: token for token, word in enumerate(names)}
    place = np.array([index[word] for word in words], np.int64)
    zeros = np.zeros(vocabulary, np.int64)
    single = Level(zeros, zeros, np.arange(vocabulary), np.zeros(vocabulary), np.ones(vocabulary), np.zeros(vocabulary))
    single.probability[place], single.backoff[place] = probability, backoff
    single.probability[START] = 0  # given, never predicted
    have = place[pairs.first] * vocabulary + place[pairs.second]
    needed = place[triples.first] * vocabulary + place[triples.second]
    keys, sources = np.unique(np.concatenate([have, needed]), return_index=True)
    context, token = np.divmod(keys, vocabulary)
    given = np.append(pairs.probability, np.zeros(len(needed)))[sources]
    given = np.where(sources < len(have), given, single.backoff[context] * single.probability[token])
    level = Level(context, token, token, given, np.append(pairs.backoff, np.ones(len(needed)))[sources], np.zeros(len(keys)))
    in_context = find(keys, needed)
    order = np.lexsort((place[triples.third], in_context))
    shorter = find(keys, place[triples.second] * vocabulary + place[triples.third])
    third = Level(
        in_context[order], shorter[order], place[triples.third][order], triples.probability[order], np.ones(len(order)), np.zeros(len(order))
    )
    none = np.zeros(1, np.int64)
    return BackoffModel(names, (Level(none, none, none, np.zeros(1), np.ones(1), np.ones(1)), single, level, third))


def _probabilities(logarithms: npt.NDArray[np.void]) -> Array:
    return np.asarray(np.exp(np.minimum(0, logarithms.astype(np.float64)) * np.log(LOG_BASE)))


def _owners(begins: Indices) -> Indices:
    """begins: (N + 1,) where each one's entries begin, and where the last one's end. Returns: whose each entry is."""
    return np.repeat(np.arange(len(begins) - 1), np.diff(begins))


def _bits(greatest: int) -> int:
    return max(1, greatest.bit_length())


def _records(file: _Reader, count: int, widths: tuple[int, ...]) -> list[Indices]:
    """Fields of `widths` bits, one record after the other from the lowest bit up; one more record ends them, and eight bytes."""
    width = sum(widths)
    packed = file.take("u1", ((1 + count) * width + 7) // 8 + 8)
    starts = np.arange(count + 1, dtype=np.int64) * width
    fields = []
    for bits in widths:
        byte, shift = starts >> 3, (starts & 7).astype(np.uint64)
        value = np.zeros(count + 1, np.uint64)
        for offset in range(5):
            value |= packed[byte + offset].astype(np.uint64) << np.uint64(8 * offset)
        fields.append(((value >> shift) & np.uint64((1 << bits) - 1)).astype(np.int64))
        starts = starts + bits
    return fields
