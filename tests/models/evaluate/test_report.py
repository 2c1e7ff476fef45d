"""Figures are pooled by slice; the headline is the mean of the main ones."""

from __future__ import annotations

import json

import pytest

from models.evaluate.report import report
from tests.models.evaluate.made import speakers, utterance


def test_the_headline_is_the_mean_of_the_main_slices_whatever_their_sizes() -> None:
    facts = report([*speakers(2, "cv", 30), *speakers(4, "l2_adult", 5), *speakers(9, "l2_child", 10), *speakers(0, "kathleen", 99)], 7)
    assert facts["wer"] == facts["cer"] == {"value": 0.5, "low": 0.5, "high": 0.5}
    assert (facts["utterances"], facts["skipped"]) == (144, 7)
    assert facts["token_error_rates"] == {"phones": {"cv": 0.2, "l2_adult": 0.4, "l2_child": 0.9}}
    assert facts["token_error_intervals"] == {"phones": {"cv": [0.2, 0.2], "l2_adult": [0.4, 0.4], "l2_child": [0.9, 0.9]}}
    assert list(facts["slices"])[:3] == ["cv", "l2_adult", "l2_child"]
    assert facts["slices"]["gender: female"]["utterances"] == 144
    assert json.loads(json.dumps(facts)) == facts


def test_a_slice_that_is_not_there_is_no_part_of_the_mean() -> None:
    assert report([*speakers(2, "cv"), *speakers(4, "l2_adult")], 0)["wer"]["value"] == pytest.approx(0.3)


def test_without_main_slices_every_source_counts() -> None:
    assert report([*speakers(2, "kathleen"), *speakers(6, "ljspeech")], 0)["wer"]["value"] == pytest.approx(0.4)


def test_a_slice_is_pooled_over_words_and_tells_its_edits() -> None:
    facts = report([utterance("a", errors=1, length=1), utterance("b", errors=0, length=9)], 0)["slices"]["cv"]
    assert (facts["wer"], facts["substitutions"], facts["deletions"], facts["words"]) == (0.1, 1, 0, 10)
    assert facts["low"] <= facts["wer"] <= facts["high"]


def test_confusions_are_counted() -> None:
    assert report(speakers(2, count=3), 0)["confusions"] == [{"said": "a", "heard": "b", "times": 6}]


def test_calibration_is_told_of_the_whole_and_of_each_slice() -> None:
    facts = report([*speakers(3, "cv", confidence=0.5), *speakers(4, "l2_adult")], 0)
    assert facts["calibration"]["readings"]["error"] == pytest.approx(0.1)
    assert facts["slices"]["cv"]["calibration"]["readings"] == facts["slices"]["cv"]["calibration"]["alternatives"]
    assert facts["slices"]["cv"]["calibration"]["readings"]["error"] == pytest.approx(0.2)
    assert facts["slices"]["l2_adult"]["calibration"]["readings"]["error"] == 0
    assert facts["calibration"].keys() == {"readings", "words", "alternatives", "words_of_alternatives"}


def test_token_error_rates_lie_within_their_intervals_and_those_have_width_where_speakers_differ() -> None:
    facts = report([utterance(f"speaker {errors}", errors=errors) for errors in range(1, 9)], 0)
    low, high = facts["token_error_intervals"]["phones"]["cv"]
    assert low < facts["token_error_rates"]["phones"]["cv"] < high
