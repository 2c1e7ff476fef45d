"""PocketSphinx's binary file, written here as its own trie is laid out, is read as the n-grams that went in."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from models.lm.backoff import MARKS
from models.lm.corpus import encode
from models.lm.sphinx import LOG_BASE, MARK, from_sphinx, read_sphinx
from protos.errors import ConfigurationError

# Of single words, and what each backs off to; of pairs; of triples. The file's own order of words, without a mark for the unknown.
SINGLES = {"</s>": (0.2, 1.0), "<s>": (0.0, 0.5), "green": (0.3, 0.25), "tea": (0.5, 0.125)}
PAIRS = {("<s>", "green"): (0.6, 0.4), ("green", "tea"): (0.7, 0.5), ("tea", "</s>"): (0.9, 1.0)}
TRIPLES = {("<s>", "green", "tea"): 0.8, ("tea", "green", "tea"): 0.65}
_BINS = 1 << 16


def logarithm(value: float) -> float:
    return math.log(value) / math.log(LOG_BASE) if value else -1e6


def quantised(values: list[float]) -> tuple[np.ndarray, dict[float, int]]:
    table = np.zeros(_BINS, "<f4")
    table[: len(values)] = [logarithm(value) for value in values]
    return table, {value: place for place, value in enumerate(values)}


def packed(records: list[list[tuple[int, int]]], spare: int) -> bytes:
    """records: of each its fields as value and bits, lowest first. spare: records that are counted but not there."""
    width, bits = sum(bits for _, bits in records[0]), 0
    for number, record in enumerate(records):
        at = number * width
        for value, size in record:
            bits |= value << at
            at += size
    return bits.to_bytes(((len(records) + spare) * width + 7) // 8 + 8, "little")


def written(spare: int = 0) -> bytes:
    """Pairs below their second word, triples below the pair of their second and third. spare: how many more are counted than there are."""
    words = list(SINGLES)
    pairs = sorted(PAIRS, key=lambda pair: [words.index(word) for word in pair[::-1]])
    triples = sorted(TRIPLES, key=lambda triple: [pairs.index((triple[1], triple[2])), words.index(triple[0])])
    chances, chance_of = quantised([chance for chance, _ in PAIRS.values()])
    weights, weight_of = quantised(sorted({weight for _, weight in PAIRS.values()}))
    rare, rare_of = quantised(list(TRIPLES.values()))
    word_bits, triple_bits = len(words).bit_length(), (len(triples) + spare).bit_length()
    singles = np.zeros(len(words) + 1, [("probability", "<f4"), ("backoff", "<f4"), ("next", "<u4")])
    for number, (word, (chance, weight)) in enumerate(SINGLES.items()):
        singles[number] = logarithm(chance), logarithm(weight), sum(words.index(second) < number for _, second in pairs)
        assert words[number] == word
    singles[-1]["next"] = len(pairs)
    begins = [sum(pairs.index((second, third)) < number for _, second, third in triples) for number in range(len(pairs) + 1)]
    of_pairs = [
        [(words.index(pair[0]), word_bits), (weight_of[PAIRS[pair][1]], 16), (chance_of[PAIRS[pair][0]], 16), (begins[number], triple_bits)]
        for number, pair in enumerate(pairs)
    ]
    of_pairs.append([(0, word_bits), (0, 16), (0, 16), (begins[-1], triple_bits)])
    of_triples = [[(words.index(triple[0]), word_bits), (rare_of[TRIPLES[triple]], 16)] for triple in triples]
    counts = np.array([len(words), len(pairs) + spare, len(triples) + spare], "<u4").tobytes()
    tables = b"".join(table.tobytes() for table in (chances, weights, rare))
    text = "\0".join([*words, ""]).encode()
    return b"".join(
        [
            *(MARK, bytes([3]), counts, np.int32(1).tobytes(), tables, singles.tobytes()),
            *(packed(of_pairs, spare), packed(of_triples, 1 + spare), np.int32(len(text)).tobytes(), text),
        ]
    )


@pytest.mark.parametrize("spare", [0, 3])
def test_what_was_written_is_read_even_where_more_is_counted_than_is_there(spare: int) -> None:
    model = from_sphinx(written(spare))
    assert model.words == (*MARKS, "green", "tea")
    # tea green, which a triple needs as its context, was pruned away.
    assert model.sizes == (5, 4, 2)
    tokens = encode([("green", "tea"), ("tea", "green", "tea")], model.words)
    expected = [0, 0.6, 0.8, 0.9, 0, 0.5 * 0.5, 0.125 * 0.3, 0.65, 0.9]
    expected[3] = 0.5 * 0.9  # green tea backs off
    expected[8] = 0.5 * 0.9
    assert model.probabilities(tokens) == pytest.approx(expected, rel=1e-3)


def test_a_file_is_read_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "en-us.lm.bin"
    path.write_bytes(written())
    assert read_sphinx(path).sizes == (5, 4, 2)


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"\\data\\\n", "has not the mark"),
        (MARK + b"\x02" + written()[len(MARK) + 1 :], "n-grams of 2 words, this program reads 3"),
        (written()[:5000], "buffer"),
        (MARK, "buffer"),
    ],
)
def test_what_is_no_such_file_is_refused_by_name(tmp_path: Path, raw: bytes, rule: str) -> None:
    path = tmp_path / "en-us.lm.bin"
    path.write_bytes(raw)
    with pytest.raises(ConfigurationError, match=rf"en-us\.lm\.bin: .*{rule}"):
        read_sphinx(path)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.lm\.bin: No such file"):
        read_sphinx(tmp_path / "none.lm.bin")
