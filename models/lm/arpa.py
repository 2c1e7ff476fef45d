"""ARPA files, plain or gzipped: the format that KenLM and every other decoder's reader takes. The same model gives the same bytes."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.lm.backoff import ABSENT, MARKS, Array, BackoffModel, Indices, Level, find
from protos.errors import ConfigurationError

# Steps a decade: of a back-off weight, and of probabilities under a tenth; of likelier ones. What rounding costs in perplexity is less than what the
# n-grams that the room saved holds win (benchmarks/LOG.md). The likely need the finer step: what is left for others is 1 less their sum.
STEPS = 10
FINE_STEPS = 100
NEVER = -99.0
GZIP_LEVEL = 9
_GZIP_MAGIC = b"\x1f\x8b"
_SIZE = re.compile(r"^ngram +\d+ *= *(\d+)", re.MULTILINE)
# Columns are separated by tabs, words by spaces.
_WITHOUT_WEIGHT = re.compile(r"^([^\t\n]+\t[^\t\n]+)$", re.MULTILINE)
_SECTION = re.compile(r"^\\(\d+)-grams:", re.MULTILINE)


def pack(model: BackoffModel) -> bytes:
    """The gzipped file."""
    return gzip.compress(to_arpa(model).encode(), GZIP_LEVEL, mtime=0)


def to_arpa(model: BackoffModel) -> str:
    """Logarithms to base 10 of probabilities and of back-off weights; the latter for every n-gram that may be a context."""
    sizes = "".join(f"ngram {length}={size}\n" for length, size in enumerate(model.sizes, 1))
    parts = [f"\\data\\\n{sizes}"]
    texts = [""]
    for length, level in enumerate(model.levels[1:], 1):
        words = [model.words[token] for token in level.token.tolist()]
        texts = words if length == 1 else [f"{texts[context]} {word}" for context, word in zip(level.context.tolist(), words, strict=True)]
        costs, weights = _written(level.probability, FINE_STEPS), _written(level.backoff, STEPS)
        parts.append(f"\n\\{length}-grams:\n")
        if length == model.order:
            parts += [f"{cost or 0}\t{text}\n" for cost, text in zip(costs, texts, strict=True)]
        else:
            parts += [
                f"{cost or 0}\t{text}\t{weight}\n" if weight else f"{cost or 0}\t{text}\n"
                for cost, text, weight in zip(costs, texts, weights, strict=True)
            ]
    return "".join([*parts, "\n\\end\\\n"])


def _written(values: Array, fine: int) -> list[str]:
    """fine: steps a decade of what is above a tenth. Empty for 1, which a back-off weight is where none is written."""
    logarithms = np.log10(np.where(values > 0, values, 1))
    steps = np.where(np.abs(logarithms) < 1, np.round(logarithms * fine) * (FINE_STEPS // fine), np.round(logarithms * STEPS) * (FINE_STEPS // STEPS))
    steps = np.where(values > 0, steps, NEVER * FINE_STEPS).astype(np.int64)
    unique, inverse = np.unique(steps, return_inverse=True)
    names = [f"{step / FINE_STEPS:.2f}".rstrip("0").rstrip(".") if step else "" for step in unique.tolist()]
    return [names[place] for place in inverse.tolist()]


def read_arpa(path: Path) -> BackoffModel:
    """Whether it is gzipped is seen in its first bytes. Raises: ConfigurationError: names the line or the rule it broke."""
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw.startswith(_GZIP_MAGIC) else raw).decode()
        return from_arpa(text)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or error}") from error
    except (EOFError, zlib.error, ValueError) as error:
        raise ConfigurationError(f"{path}: is not an ARPA file ({error})") from error


def from_arpa(text: str) -> BackoffModel:
    """Raises: ValueError: it is no ARPA, or has an n-gram without its context or its ending (some tools prune so)."""
    header, *sections = _SECTION.split(text.partition("\n\\end\\")[0])
    sizes = [int(size) for size in _SIZE.findall(header)]
    if not sizes or len(sections) != 2 * len(sizes):
        raise ValueError(f"names {len(sizes)} sections, has {len(sections) // 2}")
    words: tuple[str, ...] = MARKS
    levels = [_EMPTY]
    index: dict[str, int] = {}
    for length, (size, body) in enumerate(zip(sizes, sections[1::2], strict=True), 1):
        fields, width = _fields(body), length + 2
        if len(fields) != size * width:
            raise ValueError(f"names {size} {length}-grams, has {len(fields) / width:g}")
        if length == 1:
            words = tuple(dict.fromkeys((*MARKS, *fields[1::width])))
            if len(set(fields[1::width])) < size:
                raise ValueError("a 1-gram is there twice")
            index = {word: token for token, word in enumerate(words)}
        levels.append(_level(fields, length, index, levels))
    return BackoffModel(words, tuple(levels))


def _fields(body: str) -> list[str]:
    """Logarithm, words and back-off weight of every n-gram, one after the other; 0 for a weight that is not there."""
    return _WITHOUT_WEIGHT.sub(r"\1\t0", body).split()


def _level(fields: Sequence[str], length: int, index: dict[str, int], levels: Sequence[Level]) -> Level:
    width = length + 2
    probability, backoff = (10 ** np.array(fields[place::width], np.float64).clip(NEVER, -NEVER) for place in (0, length + 1))
    if not np.all(probability <= 1) or np.any(np.isnan(backoff)):
        raise ValueError(f"a {length}-gram has a probability above 1, or a number that is none")
    try:
        tokens = [np.array([index[word] for word in fields[place::width]], np.int64) for place in range(1, length + 1)]
    except KeyError as error:
        raise ValueError(f"{error} is in a {length}-gram and no 1-gram") from error
    if length == 1:
        return _unigrams(tokens[0], probability, backoff, len(index))
    context, shorter = (_find(levels, part, len(index)) for part in (tokens[:-1], tokens[1:]))
    if min(context.min(initial=0), shorter.min(initial=0)) == ABSENT:
        raise ValueError(f"a {length}-gram is there without its context or its ending")
    keys = context * len(index) + tokens[-1]
    order = np.argsort(keys)
    if np.any(np.diff(keys[order]) == 0):
        raise ValueError(f"a {length}-gram is there twice")
    return Level(context[order], shorter[order], tokens[-1][order], probability[order], backoff[order], np.zeros(len(order)))


def _unigrams(tokens: Indices, probability: Array, backoff: Array, vocabulary: int) -> Level:
    """Every token at its own index; a mark that the file does not have is never said."""
    zeros = np.zeros(vocabulary, np.int64)
    level = Level(zeros, zeros, np.arange(vocabulary), np.zeros(vocabulary), np.ones(vocabulary), np.zeros(vocabulary))
    level.probability[tokens], level.backoff[tokens] = np.where(probability > 10 ** (NEVER / 2), probability, 0), backoff
    return level


def _find(levels: Sequence[Level], tokens: Sequence[Indices], vocabulary: int) -> Indices:
    """Which n-gram of its level each column of tokens is."""
    place = tokens[0]
    for level, token in zip(levels[2:], tokens[1:], strict=False):
        wanted = np.where(place >= 0, place * vocabulary + token, ABSENT)
        place = find(level.context * vocabulary + level.token, wanted)
    return place


_EMPTY = Level(np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1), np.ones(1), np.ones(1))
