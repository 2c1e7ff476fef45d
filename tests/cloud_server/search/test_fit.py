"""What the audio says of a title."""

from __future__ import annotations

import numpy as np
import pytest

from cloud_server.search.fit import NO_FIT, UNEXPLAINED_NATS, fit, fits, symbols_to_explain
from cloud_server.search.heard import Heard
from models.records import Sounds
from protos.messages import Hypothesis


def heard(text: str, path: str) -> Heard:
    return Heard((Hypothesis(text, 1.0),) if text else (), Sounds("phones", path, np.empty((0, 0), np.float16)))


def test_a_title_that_explains_all_is_judged_by_its_own_symbols() -> None:
    assert fit(-5.0, "abcde", 5) == -1.0
    assert fit(-5.0, "abcde", 3) == -1.0


def test_what_a_short_title_leaves_unexplained_counts_against_it() -> None:
    assert fit(0.0, "ab", 6) == pytest.approx(-UNEXPLAINED_NATS * 4 / 2)
    assert fit(0.0, "ab", 6) < fit(-6.0, "abcdef", 6)


def test_the_best_way_of_saying_a_title_counts() -> None:
    assert fits(heard("x", "abcd"), [["abcd", "abce"], [], ["ab"]], [-8.0, -4.0, 0.0]) == [-1.0, NO_FIT, -2.0]


@pytest.mark.parametrize(
    ("text", "path", "symbols"), [("find me apple pie", "x" * 14, 8), ("apple pie", "x" * 8, 8), ("find me", "x" * 6, 6), ("", "x" * 5, 5)]
)
def test_carrier_words_are_nobodys_to_explain(text: str, path: str, symbols: int) -> None:
    assert symbols_to_explain(heard(text, path)) == symbols


def test_without_sounds_there_is_nothing_to_explain() -> None:
    assert symbols_to_explain(Heard((Hypothesis("apple pie", 1.0),))) == 0
