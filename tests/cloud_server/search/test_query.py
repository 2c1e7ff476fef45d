"""An n-best list as one question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_server.search.query import MIN_WEIGHT, query_of, weights
from protos.messages import Hypothesis


def test_a_word_counts_as_much_as_is_likely_to_be_said() -> None:
    query = query_of([Hypothesis("find me apple pie", 0.5), Hypothesis("apple bye", 0.25), Hypothesis("maple pie", 0.25)])
    assert query.words == {"apple": 0.75, "pie": 0.75, "bye": 0.25, "maple": 0.25}
    assert [guess.words for guess in query.guesses] == [("apple", "pie"), ("apple", "bye"), ("maple", "pie")]
    assert query.grams["pp"] == 0.75
    assert query.grams["ie"] == 0.75


def test_shares_of_letters() -> None:
    query = query_of([Hypothesis("abc", 0.5), Hypothesis("abd", 0.5)])
    assert query.letters(frozenset({"ab", "bc"})) == (0.75, 0.5)
    assert query.letters(frozenset({"ab", "bc", "abc", "bd", "abd"})) == (pytest.approx(0.6), pytest.approx(1))
    assert query.letters(frozenset()) == query_of([]).letters(frozenset({"ab"})) == (0, 0)


def test_log_probabilities_count_where_a_decoder_gave_them() -> None:
    sure = weights([Hypothesis("a", 0.5, -10.0), Hypothesis("b", 0.5, -30.0)])
    assert sure[0] > 0.99
    assert query_of([Hypothesis("a b", 0.5, -10.0), Hypothesis("c d", 0.5, -30.0)]).words.keys() == {"b"}


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, -1.0, -50.0, float("-inf"), float("nan")])), max_size=12))
def test_weights_are_a_distribution(values: list[tuple[float, float]]) -> None:
    shares = weights([Hypothesis("x", confidence, log_prob) for confidence, log_prob in values])
    assert len(shares) == len(values)
    assert all(share >= 0 for share in shares)
    assert not shares or sum(shares) == pytest.approx(1)


def test_what_is_hardly_possible_is_not_asked_for() -> None:
    guesses = query_of([Hypothesis("pie", 1.0), Hypothesis("pay", MIN_WEIGHT / 2)]).guesses
    assert [guess.index for guess in guesses] == [0]


@pytest.mark.parametrize(("said", "names"), [("find me the", False), ("the", False), ("find me tea", True)])
def test_carrier_words_alone_name_nothing(said: str, names: bool) -> None:
    assert query_of([Hypothesis(said, 1.0)]).guesses[0].names_something is names
