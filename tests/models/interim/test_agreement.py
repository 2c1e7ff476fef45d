"""What was promised stays, whatever is heard later."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from models.interim.agreement import Agreement
from models.records import Partial
from protos.messages import Word

SETTLED = 100


def said(text: str, first: int = 0) -> tuple[Word, ...]:
    """One word every 1,000 samples, 800 long."""
    return tuple(Word(word, first + 1000 * number, first + 1000 * number + 800) for number, word in enumerate(text.split()))


def shown(partial: Partial) -> tuple[str, str]:
    words = [word.word for word in partial.words]
    return " ".join(words[: partial.stable]), " ".join(words[partial.stable :])


def hear(*texts: str, settled: int = SETTLED) -> list[tuple[str, str]]:
    agreement = Agreement(settled)
    return [shown(agreement.update(said(text), 1000 * len(text.split()))) for text in texts]


def test_a_word_is_promised_when_two_hypotheses_in_a_row_have_it() -> None:
    assert hear("apple", "apple pie", "apple pie") == [("", "apple"), ("apple", "pie"), ("apple pie", "")]


def test_a_word_that_changed_is_not_promised_and_what_follows_it_neither() -> None:
    assert hear("an apple pie", "the apple pie") == [("", "an apple pie"), ("", "the apple pie")]


def test_a_word_that_has_just_ended_may_still_grow() -> None:
    assert hear("apple pie", "apple pie", settled=300)[-1] == ("apple", "pie")


def test_a_hypothesis_that_changes_its_mind_continues_after_what_was_promised() -> None:
    assert hear("apple pie", "apple pie", "a pull pie with")[-1] == ("apple pie", "pie with")


def test_a_hypothesis_may_begin_with_a_promised_word() -> None:
    agreement = Agreement(SETTLED)
    for _ in range(2):
        agreement.update(said("pie and pie and"), 4000)
    assert [word.word for word in agreement.promised] == ["pie", "and", "pie", "and"]
    assert shown(agreement.update(said("pie and pie and cake", 2000), 7000)) == ("pie and pie and", "pie and cake")


def test_nothing_heard_is_nothing_promised() -> None:
    assert hear("", "") == [("", ""), ("", "")]


hypotheses = st.lists(st.lists(st.sampled_from(["apple", "pie", "a", "with"]), max_size=6), max_size=12)


@given(hypotheses, st.integers(0, 2000), st.integers(0, 900))
def test_a_promise_is_never_taken_back(texts: Sequence[Sequence[str]], settled: int, shift: int) -> None:
    agreement, promised = Agreement(settled), ()
    for number, text in enumerate(texts):
        partial = agreement.update(said(" ".join(text), shift * (number % 2)), 1000 * (number + 1))
        assert partial.words[: len(promised)] == promised
        assert partial.stable >= len(promised)
        promised = partial.words[: partial.stable]
