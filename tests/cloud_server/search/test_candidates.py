"""What an index is asked, and what is made of its answers."""

from __future__ import annotations

import numpy as np

from cloud_server.search.candidates import Answers, Candidate, candidates_of, is_complete, letters_to_complete, question_of
from cloud_server.search.catalogue import Document
from cloud_server.search.heard import Heard
from cloud_server.search.terms import content_words, letter_grams, stems_of
from cloud_server.search.weights import SHIPPED, Weights
from models.records import Sounds
from protos.messages import Hypothesis

TITLES = ("Apple Pie", "Banana Bread", "Beef Pho")


class Shelf:
    """Three documents."""

    def document(self, number: int) -> Document:
        return Document(str(number), TITLES[number])

    def sounds(self, number: int) -> tuple[str, ...]:
        return (f"sound{number}",)

    def title_letters(self, number: int) -> frozenset[str]:
        return letter_grams(content_words(TITLES[number]))

    def stems(self, number: int) -> frozenset[str]:
        return frozenset(stems_of(TITLES[number]))


def heard(*texts: str, sounds: Sounds | None = None) -> Heard:
    return Heard(tuple(Hypothesis(text, 1 / len(texts)) for text in texts), sounds)


def made(what: Heard, answers: Answers, weights: Weights = SHIPPED) -> list[Candidate]:
    return candidates_of(question_of(what), answers, Shelf(), weights)


def answered(**fields: dict[int, float]) -> Answers:
    return Answers({"title": {}, "text": {}, "details": {}, **fields}, {}, [], {})


def test_a_stem_that_two_hypotheses_have_weighs_as_much_as_both() -> None:
    question = question_of(heard("apple pies", "apple bread"))
    assert question.masses["appl"] == 1.0
    assert question.masses["pie"] == 0.5


def test_long_words_may_have_two_letters_wrong_and_short_ones_none() -> None:
    assert question_of(heard("pho bred bananas chocolate")).fuzzy == {"bred": 1, "bananas": 1, "chocolate": 2}


def test_phones_are_asked_for_and_characters_are_not() -> None:
    path = Sounds("phones", "abc", np.empty((0, 0), np.float16))
    assert question_of(heard("x", sounds=path)).sounds.keys() == {"ab", "bc", "abc"}
    assert question_of(heard("x", sounds=Sounds("characters", "abc", path.log_probs))).sounds == {}
    assert question_of(heard("x")).sounds == {}


def test_scores_are_weighted_and_the_best_sum_comes_first() -> None:
    (first, second) = made(heard("pie"), answered(title={0: 2.0}, text={2: 12.0}), Weights(trigram=0.0))
    assert (first.document.title, first.ways) == ("Beef Pho", {"text": 3.0})
    assert (second.ways["title"], second.worded) == (2.0, True)
    assert not first.worded, "none of its own words was said"
    assert first.phrases("phones") == ("sound2",)
    assert first.phrases("characters") == ("beef pho",)


def test_a_title_whose_letters_were_heard_counts_whoever_found_it() -> None:
    (only,) = made(heard("bananabread"), Answers({}, {}, [0, 1, 2], {}))
    assert (only.document.title, set(only.ways)) == ("Banana Bread", {"trigram"})


def test_a_word_that_was_nearly_heard_is_one_of_its_words() -> None:
    answers = Answers({"title": {1: 1.0}}, {"banena": {1: 1.0}}, [], {})
    (found,) = made(heard("banena"), answers)
    assert found.worded
    assert found.ways["fuzzy"] == 1.0


def test_nearly_all_letters_of_a_title_complete_it() -> None:
    letters = letters_to_complete("find me a recipe for banana bread")
    assert is_complete(letters, iter([letter_grams(content_words(title)) for title in TITLES]))
    assert not is_complete(letters, iter([letter_grams(content_words("Beef Pho")), frozenset()]))
