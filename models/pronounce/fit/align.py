"""Which letter says which phones: expectation-maximisation over all ways to share a word's phones out among its letters. Pure, numpy only.

Every letter says none, one or two phones, in order, so a word of L letters and P phones can be aligned if P <= 2 L. Its probability is the
product of its letters' graphones, and EM learns those from pairs that nobody aligned. Pairs of one shape (L, P) are one batch of B: a dynamic
program over (B, L, P) tables runs through the letters only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Pair = tuple[str, str]
"""A word and the codes of its phones."""
MAX_PHONES = 2
# The likelihood changes in the fourth digit after that.
ROUNDS = 8
_CHARACTERS = 128
_GRAPHONES = _CHARACTERS ** (1 + MAX_PHONES)
"""Room for a letter and two phones, all ASCII; NUL stands for no phone."""


@dataclass(frozen=True, slots=True)
class _Batch:
    pairs: list[Pair]
    graphones: list[Indices]
    """For k = 0, 1, 2: (B, L, P + 1 - k), the index of a letter saying the k phones from there on."""


def align(pairs: Iterable[Pair]) -> list[list[str]]:
    """The likeliest graphones of each pair that can be aligned, sorted; each graphone is a letter followed by its phones' codes."""
    batches = _batches(pairs)
    probabilities = np.ones(_GRAPHONES)
    for _ in range(ROUNDS):
        counts = sum((_expected_counts(batch, probabilities) for batch in batches), np.zeros(_GRAPHONES))
        probabilities = counts / counts.sum()
    with np.errstate(divide="ignore"):
        scores = np.log(probabilities)
    return [graphones for batch in batches for graphones in _best_alignments(batch, scores)]


def _batches(pairs: Iterable[Pair]) -> list[_Batch]:
    def shape(pair: Pair) -> tuple[int, int]:
        return len(pair[0]), len(pair[1])

    possible = sorted((pair for pair in set(pairs) if 0 < len(pair[1]) <= MAX_PHONES * len(pair[0])), key=lambda pair: (*shape(pair), pair))
    return [_batch(list(group)) for _, group in groupby(possible, key=shape)]


def _batch(pairs: list[Pair]) -> _Batch:
    letters = _characters([word for word, _ in pairs])
    phones = _characters([codes for _, codes in pairs])
    graphones = []
    for k in range(MAX_PHONES + 1):
        said = np.zeros((len(pairs), max(0, phones.shape[1] + 1 - k)), np.int64)
        for offset in range(k):
            said += phones[:, offset : offset + said.shape[1]] * _CHARACTERS**offset
        graphones.append(letters[:, :, None] * _CHARACTERS**MAX_PHONES + said[:, None, :])
    return _Batch(pairs, graphones)


def _characters(texts: Sequence[str]) -> Indices:
    """Texts of one length -> (B, length)."""
    return np.frombuffer("".join(texts).encode("ascii"), np.uint8).reshape(len(texts), -1).astype(np.int64)


def _expected_counts(batch: _Batch, probabilities: Array) -> Array:
    """How often each graphone is used, summed over pairs, each over its alignments by their posterior."""
    cells = [probabilities[graphones] for graphones in batch.graphones]
    size, letters, phones = len(batch.pairs), cells[0].shape[1], cells[0].shape[2] - 1
    before, after = np.zeros((2, size, letters + 1, phones + 1))
    before[:, 0, 0] = after[:, letters, phones] = 1
    for i in range(letters):
        for k, cell in enumerate(cells):
            before[:, i + 1, k:] += before[:, i, : phones + 1 - k] * cell[:, i]
    for i in reversed(range(letters)):
        for k, cell in enumerate(cells):
            after[:, i, : phones + 1 - k] += after[:, i + 1, k:] * cell[:, i]
    totals = before[:, letters, phones, None, None]
    counts = np.zeros(_GRAPHONES)
    for k, cell in enumerate(cells):
        posterior = before[:, :-1, : phones + 1 - k] * cell * after[:, 1:, k:] / totals
        used, where = np.unique(batch.graphones[k], return_inverse=True)
        counts[used] += np.bincount(where.ravel(), posterior.ravel(), len(used))
    return counts


def _best_alignments(batch: _Batch, scores: Array) -> Iterable[list[str]]:
    cells = [scores[graphones] for graphones in batch.graphones]
    size, letters, phones = len(batch.pairs), cells[0].shape[1], cells[0].shape[2] - 1
    best = np.full((size, phones + 1), -np.inf)
    best[:, 0] = 0
    said = np.zeros((size, letters, phones + 1), np.int64)
    """How many phones letter i says if the best alignment has said j after it."""
    for i in range(letters):
        options = np.full((len(cells), size, phones + 1), -np.inf)
        for k, cell in enumerate(cells):
            options[k, :, k:] = best[:, : phones + 1 - k] + cell[:, i]
        said[:, i], best = options.argmax(axis=0), options.max(axis=0)
    for (word, codes), counts in zip(batch.pairs, said, strict=True):
        graphones, end = [], phones
        for i in reversed(range(letters)):
            start = end - int(counts[i, end])
            graphones.append(word[i] + codes[start:end])
            end = start
        yield graphones[::-1]
