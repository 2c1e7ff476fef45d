"""Every alternative has its words' times and confidences."""

from __future__ import annotations

import numpy as np
import pytest

from models.confidence import Confidence, Curve, Logistic
from models.ctc import log_softmax
from models.decode.candidate import Candidate
from models.decode.evidence import READING_FEATURES, WORD_FEATURES
from models.decode.hypotheses import hypotheses, words_so_far
from models.records import FrameClock
from models.word_times import FINAL_LENGTHENING_SAMPLES, ONSET_SAMPLES, SpikeLag
from tests.models.tiny import CHARACTERS, saying

CLOCK = FrameClock(4000, 4000)
LOG_PROBS = log_softmax(saying("ab c")[:, CHARACTERS.first :])
READINGS = [Candidate(("ab", "c"), ((3, 4), (5,)), -1.0, -2.0, -3.0), Candidate(("a",), ((3,),), -9.0, -3.0, -12.0)]
CERTAIN = Confidence(
    "greedy",
    Logistic(0.0, (0.0,) * len(WORD_FEATURES)),
    Curve((0.0, 1.0), (0.2, 0.4)),
    Logistic(1.0, (0.0,) * len(READING_FEATURES)),
    SpikeLag(5000),
    1,
)


def test_alternatives_keep_their_order_and_their_words() -> None:
    found = hypotheses(READINGS, LOG_PROBS, CHARACTERS, CLOCK, None, 0, 10**6)
    assert [one.transcript for one in found] == ["ab c", "a"]
    assert [[word.word for word in one.words] for one in found] == [["ab", "c"], ["a"]]
    assert [one.log_prob for one in found] == [-3.0, -12.0]


def test_without_a_fit_confidence_is_a_geometric_mean_and_spikes_are_on_time() -> None:
    best = hypotheses(READINGS, LOG_PROBS, CHARACTERS, CLOCK, None, 1000, 10**6)[0]
    symbol = float(np.exp(LOG_PROBS.max()))
    assert [best.confidence, *(word.confidence for word in best.words)] == pytest.approx([symbol] * 3)
    assert best.words[0].start_offset == 1000 + CLOCK.span(0)[0]
    assert best.words[1].end_offset == 1000 + CLOCK.span(6)[1] + FINAL_LENGTHENING_SAMPLES


def test_with_a_fit_both_are_the_fits() -> None:
    best, other = hypotheses(READINGS, LOG_PROBS, CHARACTERS, CLOCK, CERTAIN, 0, 10**6)
    assert [word.confidence for word in (*best.words, *other.words)] == pytest.approx([0.3] * 3)
    assert best.confidence == other.confidence == pytest.approx(1 / (1 + np.exp(-1)))
    assert best.words[1].start_offset == CLOCK.span(6)[0] - 5000 + ONSET_SAMPLES


def test_nothing_heard_is_no_alternative() -> None:
    assert hypotheses([], LOG_PROBS, CHARACTERS, CLOCK, CERTAIN, 0, 10**6) == ()


def test_words_so_far_lie_as_those_of_a_whole_reading_and_nobody_says_how_sure_they_are() -> None:
    so_far = words_so_far(READINGS[0], LOG_PROBS, CHARACTERS, CLOCK, CERTAIN.lag, 1000, 10**6)
    judged = hypotheses(READINGS[:1], LOG_PROBS, CHARACTERS, CLOCK, CERTAIN, 1000, 10**6)[0].words
    unjudged = hypotheses(READINGS[:1], LOG_PROBS, CHARACTERS, CLOCK, None, 1000, 10**6)[0].words
    assert [(word.word, word.start_offset, word.end_offset) for word in so_far] == [
        (word.word, word.start_offset, word.end_offset) for word in judged
    ]
    assert [word.confidence for word in so_far] == [word.confidence for word in unjudged]
