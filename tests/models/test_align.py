"""Forced alignment against every path there is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.align import Span, align, align_all
from models.ctc import greedy_symbols, log_softmax
from tests.models.tiny import CHARACTERS, saying

BLANK, SYMBOLS = 0, 4
tables = arrays(np.float32, st.tuples(st.integers(1, 6), st.just(SYMBOLS)), elements=st.floats(-5, 5, width=16)).map(log_softmax)
texts = st.lists(st.integers(1, SYMBOLS - 1), max_size=4)


def frames_needed(symbols: list[int]) -> int:
    return len(symbols) + sum(first == second for first, second in itertools.pairwise(symbols))


def log_prob(log_probs: np.ndarray, path: tuple[int, ...]) -> float:
    return float(log_probs[np.arange(len(path)), list(path)].sum())


def best_of_every_path(log_probs: np.ndarray, symbols: list[int]) -> float:
    every = itertools.product(range(SYMBOLS), repeat=len(log_probs))
    spelling = (path for path in every if [symbol for symbol, _ in itertools.groupby(path) if symbol != BLANK] == symbols)
    return max(log_prob(log_probs, path) for path in spelling)


def as_path(spans: list[Span], symbols: list[int], frames: int) -> tuple[int, ...]:
    path = [BLANK] * frames
    for (first, last), symbol in zip(spans, symbols, strict=True):
        path[first : last + 1] = [symbol] * (last + 1 - first)
    return tuple(path)


@given(tables, texts)
def test_no_path_that_spells_the_text_is_more_probable(log_probs: np.ndarray, symbols: list[int]) -> None:
    if frames_needed(symbols) > len(log_probs):
        with pytest.raises(ValueError, match="symbols need"):
            align(log_probs, symbols, BLANK)
        return
    path = as_path(align(log_probs, symbols, BLANK), symbols, len(log_probs))
    assert [symbol for symbol, _ in itertools.groupby(path) if symbol != BLANK] == symbols
    assert log_prob(log_probs, path) == pytest.approx(best_of_every_path(log_probs, symbols), abs=1e-4)


@given(tables, st.lists(texts, max_size=4))
def test_several_texts_together_lie_as_each_does_alone(log_probs: np.ndarray, several: list[list[int]]) -> None:
    spelled = [symbols for symbols in several if frames_needed(symbols) <= len(log_probs)]
    assert align_all(log_probs, spelled, BLANK) == [align(log_probs, symbols, BLANK) for symbols in spelled]


@given(arrays(np.float32, st.tuples(st.integers(1, 30), st.just(SYMBOLS)), elements=st.floats(-5, 5, width=16)).map(log_softmax))
def test_the_text_of_the_best_path_lies_where_the_best_path_has_it(log_probs: np.ndarray) -> None:
    symbols = greedy_symbols(log_probs, BLANK)
    path = as_path(align(log_probs, symbols, BLANK), symbols, len(log_probs))
    assert log_prob(log_probs, path) == pytest.approx(float(log_probs.max(axis=-1).sum()), abs=1e-4)


def test_a_blank_of_another_number_is_as_good() -> None:
    log_probs = log_softmax(np.array([[0, 9, 0], [0, 0, 9], [9, 0, 0]], np.float32))
    assert align(log_probs, [1, 0], 2) == [(0, 0), (2, 2)]


def test_doubled_letters_are_parted_by_a_blank() -> None:
    letters = [CHARACTERS.tokens.index(letter) for letter in "hello"]
    assert align(log_softmax(saying("hello")[:, CHARACTERS.first :]), letters, 0) == [(0, 0), (2, 2), (4, 4), (6, 6), (8, 8)]


def test_no_symbols_have_no_frames_even_where_there_is_none() -> None:
    assert align(np.zeros((0, SYMBOLS), np.float32), [], BLANK) == []
