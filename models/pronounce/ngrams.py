"""A backed-off n-gram model as a trie: the probability of the next token, and the context it leads to. Knows neither letters nor phones.

Nodes are n-grams in breadth-first order, so that a node's children lie side by side, and the whole trie is four columns of a byte or two each. Node 0
is the empty n-gram. The token bytes are searched as they are: `bytes.find` between two children beats building a dictionary of 485,000 entries.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

START = 0
END = 1
MAX_TOKENS = 256
# A sixteenth of a nat: an eighth or a thirty-second is as accurate (benchmarks/LOG.md).
STEPS_PER_NAT = 16
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PackedNgrams:
    """N nodes as they are stored."""

    tokens: npt.NDArray[np.uint8]
    """(N,): the last token of each n-gram; START and END are the first two."""
    children: npt.NDArray[np.uint16]
    """(N,): how many longer n-grams begin with it."""
    costs: npt.NDArray[np.uint8]
    """(N,): -log P(last token | the ones before), in sixteenths of a nat."""
    backoffs: npt.NDArray[np.int8]
    """(N,): log of the weight of the shorter context, in sixteenths of a nat; 0 where there are no children."""


@dataclass(frozen=True, slots=True)
class Ngrams:
    tokens: bytes
    first_child: array[int]
    """(N + 1,): the children of node i are first_child[i] up to first_child[i + 1]."""
    shorter: array[int]
    """(N,): the same n-gram without its oldest token."""
    context: array[int]
    """(N,): the longest ending of the n-gram that has children: what the next token is predicted from."""
    log_probabilities: array[float]
    backoffs: array[float]

    def start(self) -> int:
        """The context at the beginning of a sequence."""
        return int(self.context[1 + START])

    def step(self, context: int, token: int) -> tuple[float, int]:
        """log P(token | context) in nats, and the context after it."""
        log_probability = 0.0
        while (node := self.tokens.find(token, self.first_child[context], self.first_child[context + 1])) < 0:
            log_probability += self.backoffs[context]
            context = self.shorter[context]
        return log_probability + self.log_probabilities[node], self.context[node]


def unpack(packed: PackedNgrams) -> Ngrams:
    """Links are not stored, they follow from the order. Raises: ValueError: the columns are not those of one trie."""
    tokens, children = packed.tokens.astype(np.int64), packed.children.astype(np.int64)
    _check_columns(packed, children)
    first_child = 1 + np.concatenate([[0], np.cumsum(children)])
    parents = np.repeat(np.arange(len(tokens)), children)
    # Keys of nodes 1, 2, ...: ascending, since siblings lie side by side in the order of their tokens.
    keys = parents * MAX_TOKENS + tokens[1:]
    if np.any(np.diff(keys) <= 0) or np.any(tokens[1 : children[0] + 1] != np.arange(children[0])):
        raise ValueError("n-grams are not in the order of a trie")
    shorter, context = np.zeros(len(tokens), np.int64), np.zeros(len(tokens), np.int64)
    first, last = 1, int(first_child[1])
    while first < last:  # one length after the other: links lead to shorter n-grams
        level = slice(first, last)
        if first > 1:
            shorter[level] = _find(keys, shorter[parents[first - 1 : last - 1]] * MAX_TOKENS + tokens[level])
        context[level] = np.where(children[level] > 0, np.arange(first, last), context[shorter[level]])
        first, last = last, int(first_child[last])
    return Ngrams(
        packed.tokens.tobytes(),
        array("i", first_child.tolist()),
        array("i", shorter.tolist()),
        array("i", context.tolist()),
        array("d", (packed.costs / -STEPS_PER_NAT).tolist()),
        array("d", (packed.backoffs / STEPS_PER_NAT).tolist()),
    )


def _check_columns(packed: PackedNgrams, children: Indices) -> None:
    columns: dict[str, tuple[npt.NDArray[Any], type[np.generic]]] = {
        "tokens": (packed.tokens, np.uint8),
        "children": (packed.children, np.uint16),
        "costs": (packed.costs, np.uint8),
        "backoffs": (packed.backoffs, np.int8),
    }
    for name, (column, kind) in columns.items():
        if column.dtype != kind or column.shape != packed.tokens.shape:
            raise ValueError(f"{name} are {column.dtype} {column.shape}, must be {np.dtype(kind)} {packed.tokens.shape}")
    nodes = len(children)
    if nodes != 1 + children.sum():
        raise ValueError(f"{nodes} n-grams do not make one trie")
    # A node's children come after it, or there is a loop.
    if np.any(1 + np.cumsum(children)[:-1] < np.arange(1, nodes) + 1):
        raise ValueError("an n-gram comes before the one it continues")


def _find(keys: Indices, wanted: Indices) -> Indices:
    found = np.searchsorted(keys, wanted)
    if np.any(keys[np.minimum(found, len(keys) - 1)] != wanted):
        raise ValueError("an n-gram is there without its ending")
    return found + 1
