"""What is known about words, checked by hand on small tables."""

from __future__ import annotations

import numpy as np
import pytest

from models.ctc import log_softmax
from models.decode.candidate import Candidate
from models.decode.evidence import MAX_SHARE_LOG_ODDS, READING_FEATURES, WORD_FEATURES, gather, reading_features
from models.decode.nbest import posteriors
from models.records import CtcHead

PHONES = CtcHead("phones", 0, 4, 0, ("<blank>", "P", "AY", "T"))
LETTERS = CtcHead("characters", 0, 4, 0, ("<blank>", "|", "a", "b"))
# Frames: P P . AY . T, with what each frame's symbol and the blank have; the rest is shared.
FRAMES = np.array(
    [[0.2, 0.6, 0.1, 0.1], [0.1, 0.7, 0.1, 0.1], [0.7, 0.1, 0.1, 0.1], [0.3, 0.1, 0.5, 0.1], [0.9, 0.03, 0.04, 0.03], [0.1, 0.1, 0.3, 0.5]]
)
LOG_PROBS = np.log(FRAMES).astype(np.float32)


def reading(words: str, symbols: tuple[tuple[int, ...], ...], score: float = 0.0, language: float = 0.0) -> Candidate:
    return Candidate(tuple(words.split()), symbols, score, language, score)


def column(features: np.ndarray, name: str) -> np.ndarray:
    return features[:, WORD_FEATURES.index(name)]


def test_every_number_of_a_word() -> None:
    (found,) = gather([reading("pie t", ((1, 2), (3,)), language=-6.0)], LOG_PROBS, PHONES)
    assert found.spikes == ((0, 3), (5, 5))
    expected = {
        "symbols_mean": [np.log([0.7, 0.5]).mean(), np.log(0.5)],
        "symbols_min": [np.log(0.5), np.log(0.5)],
        "path_per_symbol": [np.log([0.6, 0.7, 0.7, 0.5]).sum() / 2, np.log(0.5)],
        "margin_per_symbol": [0, 0],
        "log_symbols": [np.log(2), 0],
        "reading_symbols_mean": [np.log([0.7, 0.5, 0.5]).mean()] * 2,
        "frames_mean": [np.log([0.6, 0.7, 0.7, 0.5, 0.9, 0.5]).mean()] * 2,
        "share_log_odds": [MAX_SHARE_LOG_ODDS] * 2,
        "language_per_word": [-3, -3],
    }
    for name, values in expected.items():
        np.testing.assert_allclose(column(found.words, name), values, rtol=1e-5, atol=1e-6, err_msg=name)
    assert expected.keys() == set(WORD_FEATURES)


def test_a_word_that_is_not_what_the_frames_say_has_a_margin() -> None:
    (found,) = gather([reading("tie", ((3, 2),))], LOG_PROBS, PHONES)
    assert column(found.words, "margin_per_symbol")[0] < -0.5


def test_a_words_share_is_that_of_all_readings_that_have_it_at_this_time() -> None:
    log_probs = log_softmax(9 * np.eye(4, dtype=np.float32)[[1, 2, 3, 1, 2]])
    symbols = ((1, 2), (3,), (1, 2))
    readings = [reading("pie t pie", symbols, 4.0), reading("pie t bye", symbols, 2.0), reading("bye t pie", symbols, 1.0)]
    first, second, third = posteriors(readings)
    expected = [[first + second, 1, first + third], [first + second, 1, second], [third, 1, first + third]]
    for found, shares in zip(gather(readings, log_probs, PHONES), expected, strict=True):
        odds = [MAX_SHARE_LOG_ODDS if share == 1 else np.log(share / (1 - share)) for share in shares]
        np.testing.assert_allclose(column(found.words, "share_log_odds"), odds, rtol=1e-6)


def test_a_readings_posterior_is_its_own() -> None:
    readings = [reading("pie", ((1, 2),), 4.0), reading("tie", ((3, 2),), 2.0)]
    assert [np.exp(found.log_posterior) for found in gather(readings, LOG_PROBS, PHONES)] == pytest.approx(posteriors(readings))


@pytest.mark.parametrize("symbols", [((2,), (2,)), ((2, 1), (2,)), ((2, 1), (1, 2))])
def test_letters_are_parted_by_the_word_end_whether_or_not_the_reading_names_it(symbols: tuple[tuple[int, ...], ...]) -> None:
    log_probs = log_softmax(9 * np.eye(4, dtype=np.float32)[[2, 1, 2, 0]])
    (found,) = gather([reading("a a", symbols)], log_probs, LETTERS)
    assert found.spikes == ((0, 0), (2, 2))
    assert column(found.words, "log_symbols").tolist() == [0, 0]


def test_no_readings_no_evidence() -> None:
    assert gather([], LOG_PROBS, PHONES) == []


def test_a_reading_is_known_by_its_words() -> None:
    found = dict(zip(READING_FEATURES, reading_features(np.array([0.5, 0.9]), -1.5), strict=True))
    assert found == pytest.approx(
        {"words_mean": 0.7, "words_log_odds": np.log(9) / 2, "words_min": 0.5, "log_words": np.log(2), "log_posterior": -1.5}
    )
