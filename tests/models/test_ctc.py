"""Greedy CTC against a decoder written the slow way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.ctc import greedy_hypothesis, greedy_tokens, log_softmax
from models.records import CtcHead, FrameClock
from protos.messages import Hypothesis
from tests.models.tiny import CHARACTERS, CLOCK, saying

SMALL = CtcHead("small", 1, 4, 1, ("<blank>", "|", "a", "b"))
logits_of_small = arrays(np.float32, st.tuples(st.integers(1, 25), st.just(6)), elements=st.integers(-6, 6).map(float))


def naive_text(logits: np.ndarray, head: CtcHead) -> str:
    text, previous = "", head.blank - head.first
    for frame in logits[:, head.first : head.first + head.size]:
        symbol = int(np.argmax(frame))
        if symbol not in (previous, head.blank - head.first):
            text += " " if head.tokens[symbol] == head.word_end else head.tokens[symbol]
        previous = symbol
    return " ".join(text.split())


@given(logits_of_small)
def test_the_text_is_that_of_the_slow_decoder(logits: np.ndarray) -> None:
    best = greedy_hypothesis(logits, SMALL, CLOCK, 0, 10**6)
    assert (best.transcript if best else "") == naive_text(logits, SMALL)


@given(logits_of_small, st.integers(0, 10**9))
def test_words_are_in_order_within_the_segment_and_all_confidences_are_probabilities(logits: np.ndarray, start_sample: int) -> None:
    end_sample = start_sample + CLOCK.receptive_field_samples + (len(logits) - 1) * CLOCK.stride_samples
    best = greedy_hypothesis(logits, SMALL, CLOCK, start_sample, end_sample)
    if best is None:
        return
    assert " ".join(word.word for word in best.words) == best.transcript
    edges = [offset for word in best.words for offset in (word.start_offset, word.end_offset)]
    assert edges == sorted(edges)
    assert start_sample <= edges[0]
    assert edges[-1] <= end_sample
    assert all(0 <= confidence <= 1 for confidence in [best.confidence, *(word.confidence for word in best.words)])
    assert best.log_prob <= 0


@given(logits_of_small)
def test_outputs_of_another_head_change_nothing(logits: np.ndarray) -> None:
    other = logits.copy()
    other[:, [0, 5]] = 1e4
    assert greedy_hypothesis(other, SMALL, CLOCK, 0, 10**6) == greedy_hypothesis(logits, SMALL, CLOCK, 0, 10**6)


def heard(text: str, sharpness: float = 9.0) -> Hypothesis | None:
    return greedy_hypothesis(saying(text, sharpness=sharpness), CHARACTERS, CLOCK, 1000, 10**6)


@pytest.mark.parametrize("text", ["a", "hello world", "o'clock", "letter to anna"])
def test_doubled_letters_stay_double_where_a_blank_parts_them(text: str) -> None:
    best = heard(text)
    assert best is not None
    assert best.transcript == text


@pytest.mark.parametrize("text", ["", " ", "   "])
def test_no_letters_are_no_hypothesis(text: str) -> None:
    assert heard(text) is None


def test_a_words_times_are_those_of_its_first_and_last_symbol_on_the_capture_clock() -> None:
    best = heard("ab c")
    assert best is not None
    # Symbols lie on every second frame: a 0, b 2, the gap 4, c 6.
    assert [(word.start_offset, word.end_offset) for word in best.words] == [
        (1000 + CLOCK.span(0)[0], 1000 + CLOCK.span(2)[1]),
        (1000 + CLOCK.span(6)[0], 1000 + CLOCK.span(6)[1]),
    ]


def test_a_surer_model_is_more_confident_and_length_does_not_lower_it() -> None:
    sure, unsure, longer = heard("ab", 9.0), heard("ab", 4.0), heard("ab ab ab ab", 9.0)
    assert sure is not None
    assert unsure is not None
    assert longer is not None
    assert sure.confidence > unsure.confidence
    assert longer.confidence == pytest.approx(sure.confidence)
    assert longer.log_prob < sure.log_prob


def test_log_softmax_is_a_distribution_whatever_the_size_of_the_logits() -> None:
    logits = np.array([[1e4, -1e4, 0.0], [3.0, 3.0, 3.0]], np.float32)
    np.testing.assert_allclose(np.exp(log_softmax(logits)).sum(axis=-1), 1, rtol=1e-6)


def test_no_frames_are_no_tokens() -> None:
    assert greedy_tokens(np.zeros((0, 4), np.float32), 0) == []


def test_a_run_of_equal_frames_is_one_token_with_its_highest_posterior() -> None:
    log_probs = np.log(np.array([[0.4, 0.6], [0.1, 0.9], [0.3, 0.7], [0.8, 0.2]], np.float32))
    (token,) = greedy_tokens(log_probs, 0)
    assert (token.symbol, token.first_frame, token.last_frame) == (1, 0, 2)
    assert token.confidence == pytest.approx(0.9)
    assert FrameClock(1, 1).span(token.last_frame) == (2, 3)


def test_no_word_ends_after_its_segment() -> None:
    best = greedy_hypothesis(saying("a"), CHARACTERS, FrameClock(40, 10), 1000, 1010)
    assert best is not None
    assert best.words[-1].end_offset == 1010


def test_log_prob_is_the_sum_over_the_best_path() -> None:
    best = heard("ab", sharpness=2.0)
    assert best is not None
    of_one_frame = np.log(np.exp(2) / (np.exp(2) + CHARACTERS.size - 1))
    assert best.log_prob == pytest.approx(4 * of_one_frame, rel=1e-4)


def test_one_doubtful_word_lowers_the_confidence_of_the_whole() -> None:
    logits = np.concatenate([saying("sure "), saying("lost", sharpness=3.0)])
    best = greedy_hypothesis(logits, CHARACTERS, CLOCK, 0, 10**6)
    assert best is not None
    sure, lost = (word.confidence for word in best.words)
    assert lost < sure
    assert best.confidence == pytest.approx(np.sqrt(sure * lost), rel=1e-5)
