"""One of each text, hints that move, and probabilities that are some."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.decode.candidate import Candidate
from models.decode.nbest import BONUS_NATS, Hint, bonus, posteriors, ranked


def reading(text: str, score: float) -> Candidate:
    return Candidate(tuple(text.split()), (), score, -1.0, score)


candidates = st.lists(st.builds(reading, st.sampled_from(["a", "b", "a b", "b a"]), st.floats(-1e6, 0)), max_size=8)


@given(candidates)
def test_the_best_of_each_text_is_kept_best_first(found: list[Candidate]) -> None:
    kept = ranked(found)
    texts = [candidate.words for candidate in kept]
    assert sorted(set(texts)) == sorted(texts)
    assert set(texts) == {candidate.words for candidate in found}
    assert [candidate.score for candidate in kept] == sorted((candidate.score for candidate in kept), reverse=True)
    assert all(candidate.score == max(one.score for one in found if one.words == candidate.words) for candidate in kept)


def test_texts_that_are_written_alike_are_one() -> None:
    assert ranked([reading("it's two", -2.0), reading("it's 2", -1.0)]) == [reading("it's 2", -1.0)]


@given(candidates, st.floats(0, 10))
def test_posteriors_are_in_order_and_sum_to_at_most_one(found: list[Candidate], temperature: float) -> None:
    shares = posteriors(ranked(found), temperature)
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) <= 1
    assert not found or sum(shares) == pytest.approx(1)


def test_a_hinted_phrase_overtakes_what_is_just_ahead_of_it() -> None:
    found = [reading("holy bagel", -10.0), reading("holy basil", -10.0 - BONUS_NATS)]
    assert [one.words[1] for one in ranked(found)] == ["bagel", "basil"]
    assert [one.words[1] for one in ranked(found, [Hint.of("Holy  Basil!")])] == ["basil", "bagel"]
    assert [one.words[1] for one in ranked(found, [Hint.of("holy basil", 0.4)])] == ["bagel", "basil"]


@pytest.mark.parametrize(("phrase", "words"), [("holy basil", 2), ("basil", 1), ("holy chicken", 0), ("", 0), ("basil chicken rice", 0)])
def test_the_bonus_is_for_whole_phrases_by_their_words(phrase: str, words: int) -> None:
    assert bonus(("holy", "basil", "chicken"), [Hint.of(phrase)]) == BONUS_NATS * words
