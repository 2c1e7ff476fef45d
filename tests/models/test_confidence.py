"""Maps from evidence to probabilities, and the file that keeps them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.confidence import MAX_LOG_ODDS, Confidence, Curve, Logistic, parse_confidence, uncalibrated, write_confidence
from models.decode.evidence import READING_FEATURES, WORD_FEATURES, Evidence
from models.word_times import SpikeLag
from protos.errors import BundleError

PATH = Path("some/confidence.json")
FITTED = Confidence(
    "beam",
    Logistic(-0.5, tuple(0.1 * number for number in range(len(WORD_FEATURES)))),
    Curve((0.2, 0.8), (0.1, 0.7)),
    Logistic(0.25, tuple(-0.1 * number for number in range(len(READING_FEATURES)))),
    SpikeLag(1680, -40),
    499,
)


def evidence(*symbols_mean: float) -> Evidence:
    words = np.zeros((len(symbols_mean), len(WORD_FEATURES)))
    words[:, WORD_FEATURES.index("symbols_mean")] = symbols_mean
    return Evidence(words, -1.0, tuple((number, number) for number in range(len(symbols_mean))))


def test_what_is_written_is_what_is_read() -> None:
    assert parse_confidence(PATH, write_confidence(FITTED)) == FITTED


def changed(**members: Any) -> bytes:
    return json.dumps({**json.loads(write_confidence(FITTED)), **members}).encode()


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "Expecting value"),
        (b"[]", "list indices"),
        (changed(format=2), "format is 2, this program reads 1"),
        (changed(word={"bias": 0, "weights": {"loudness": 1}}), "word weighs loudness, this program has symbols_mean"),
        (changed(reading={"bias": float("nan"), "weights": dict.fromkeys(READING_FEATURES, 0)}), "a weight of reading is not finite"),
        (changed(word_curve={"inputs": [0.5, 0.2], "outputs": [0.1, 0.2]}), "both rising"),
        (changed(word_curve={"inputs": [0.2, 0.5], "outputs": [0.1]}), "as many outputs"),
        (changed(word_curve={"inputs": [], "outputs": []}), "as many outputs"),
        (changed(word_curve={"inputs": [0.2, 0.5], "outputs": [0.1, 1.0]}), "goes from 0.1 to 1.0"),
        (changed(lag={"start": 1.5, "end": 0}), "start is 1.5, must be a whole number"),
        (changed(recordings=True), "recordings is True"),
    ],
)
def test_a_file_that_is_not_understood_is_refused_with_the_rule(raw: bytes, why: str) -> None:
    with pytest.raises(BundleError, match=rf"^some/confidence\.json: is no fitted confidence .*{why}"):
        parse_confidence(PATH, raw)


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3))
def test_a_logistic_map_gives_probabilities_that_are_never_certain(features: list[float]) -> None:
    probability = float(Logistic(1.0, (2.0, -3.0, 0.5))(np.array(features)))
    assert 1 / (1 + np.exp(MAX_LOG_ODDS)) <= probability <= 1 / (1 + np.exp(-MAX_LOG_ODDS))


def test_a_logistic_map_by_hand() -> None:
    np.testing.assert_allclose(Logistic(1.0, (2.0, -3.0))(np.array([[1.0, 1.0], [0.0, 0.0]])), [0.5, 1 / (1 + np.exp(-1))])


def test_a_reading_is_judged_by_its_words() -> None:
    words, whole = FITTED.judge(evidence(-1.0, -0.1))
    expected = FITTED.word_curve(FITTED.word(evidence(-1.0, -0.1).words))
    np.testing.assert_array_equal(words, expected)
    assert whole != FITTED.judge(evidence(-1.0))[1]
    assert 0 < whole < 1


def test_without_a_fit_it_is_the_geometric_mean_of_posteriors() -> None:
    words, whole = uncalibrated(evidence(np.log(0.9), np.log(0.4)))
    assert words.tolist() == pytest.approx([0.9, 0.4])
    assert whole == pytest.approx(0.6)
