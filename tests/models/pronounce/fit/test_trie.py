"""Probabilities of what may follow are a distribution in every context; what was seen is likelier than what was not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.pronounce.fit.trie import fit_ngrams
from models.pronounce.ngrams import END, PackedNgrams, unpack

TOKENS = range(END + 1, END + 5)
SEQUENCES = st.lists(st.lists(st.sampled_from(TOKENS), min_size=1, max_size=6), min_size=1, max_size=12).map(
    lambda found: [*found, [*TOKENS]]  # every token occurs
)


@given(SEQUENCES, st.integers(1, 4), st.sampled_from([-math.inf, 0.0, 1.0]), st.lists(st.sampled_from(TOKENS), max_size=5))
@settings(max_examples=60, deadline=None)
def test_what_may_follow_is_a_distribution(sequences: list[list[int]], order: int, prune_nats: float, history: list[int]) -> None:
    ngrams = unpack(fit_ngrams(sequences, order, prune_nats))
    context = ngrams.start()
    for token in history:
        _, context = ngrams.step(context, token)
    total = sum(math.exp(ngrams.step(context, token)[0]) for token in (END, *TOKENS))
    assert total == pytest.approx(1, rel=0.12), "within what sixteenths of a nat round"


def test_what_was_seen_often_is_likely() -> None:
    ngrams = unpack(fit_ngrams([[2, 3, 4]] * 20 + [[3, 2, 4], [4, 3, 2]], 3, 0.0))
    _, after = ngrams.step(ngrams.start(), 2)
    likely, unlikely = (ngrams.step(after, token)[0] for token in (3, 4))
    assert likely > unlikely + 1


def test_pruning_makes_it_smaller() -> None:
    random = np.random.default_rng(1)
    sequences = [random.integers(2, 6, 8).tolist() for _ in range(200)]
    whole, pruned = (fit_ngrams(sequences, 5, nats) for nats in (-math.inf, 1.0))
    assert len(pruned.tokens) < len(whole.tokens)


@pytest.mark.parametrize("column", ["tokens", "children"])
def test_columns_of_no_trie_are_refused(column: str) -> None:
    packed = fit_ngrams([[2, 3], [3, 2]], 3, -math.inf)
    columns = {name: getattr(packed, name).copy() for name in ("tokens", "children", "costs", "backoffs")}
    columns[column][-1] += 1
    with pytest.raises(ValueError, match="trie|n-gram"):
        unpack(PackedNgrams(**columns))
