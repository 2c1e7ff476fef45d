"""The fit finds the maps that made the data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.confidence import Logistic
from models.decode.evidence import WORD_FEATURES, Evidence
from models.evaluate.calibration import bins, calibration_error
from models.evaluate.fit_confidence import KNOTS, MIN_RECORDINGS, Example, fit_confidence, fit_curve, fit_logistic
from models.word_times import SpikeLag
from protos.errors import ConfigurationError


def test_the_map_that_made_the_data_is_found() -> None:
    random = np.random.default_rng(1)
    true = Logistic(-0.5, (2.0, -0.03, 0.0))
    features = random.normal([0, 50, 3], [1, 20, 1], (20_000, 3))
    right = random.uniform(0, 1, len(features)) < true(features)
    found = fit_logistic(features, right, np.ones(len(features)))
    assert found.weights == pytest.approx(true.weights, abs=0.07)
    assert found.bias == pytest.approx(true.bias, abs=0.2)


def test_a_fraction_counts_as_so_many_of_each_and_a_weight_as_so_many_times() -> None:
    features, targets = np.array([[0.0], [1.0], [2.0]]), np.array([0.25, 0.5, 1.0])
    split = fit_logistic(np.repeat(features, 2, axis=0), [1, 0] * 3, np.array([0.25, 0.75, 0.5, 0.5, 1.0, 0.0]))
    whole = fit_logistic(features, targets, np.ones(3))
    assert whole.weights == pytest.approx(split.weights)
    assert whole.bias == pytest.approx(split.bias)


@pytest.mark.parametrize("targets", [np.zeros(40), np.ones(40)])
def test_targets_all_alike_do_not_make_it_grow_for_ever(targets: np.ndarray) -> None:
    found = fit_logistic(np.arange(40.0)[:, None], targets, np.ones(40))
    assert np.isfinite([found.bias, *found.weights]).all()


def test_what_is_parted_cleanly_by_few_is_not_taken_for_certain() -> None:
    """Two points: the weight w of least loss solves w = 2 / (1 + exp(w))."""
    found = fit_logistic(np.array([[-1.0], [1.0]]), [0, 1], np.ones(2))
    assert found.weights[0] == pytest.approx(0.6748, abs=1e-3)


def test_a_feature_that_hardly_varies_weighs_nothing() -> None:
    features = np.column_stack([np.full(100, 7.0) + 1e-6 * np.arange(100), np.arange(100.0)])
    assert fit_logistic(features, np.arange(100) > 50, np.ones(100)).weights[0] == 0


@given(st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans(), st.sampled_from([0.25, 1.0])), min_size=1, max_size=200))
def test_a_curve_rises_and_is_never_certain(points: list[tuple[float, bool, float]]) -> None:
    curve = fit_curve(*(np.array(column, float) for column in zip(*points, strict=True)))
    assert list(curve.outputs) == sorted(curve.outputs)
    assert list(curve.inputs) == sorted(set(curve.inputs))
    assert curve.outputs[0] > 0
    assert curve.outputs[-1] < 1
    assert len(curve.inputs) <= KNOTS


def test_a_curve_goes_through_what_came_true() -> None:
    inputs = np.repeat(np.linspace(0.01, 0.99, 99), 100)
    right = np.tile(np.arange(100), 99) < 100 * inputs**2
    curve = fit_curve(inputs, right.astype(float), np.ones(len(inputs)))
    np.testing.assert_allclose(curve(np.array([0.2, 0.5, 0.8])), [0.04, 0.25, 0.64], atol=0.03)


def made(random: np.random.Generator) -> list[Example]:
    """One best reading of five words, right more often where their first feature is high, and one other."""
    examples = []
    for weight in (1.0, 1.0):
        words = random.normal(0, 1, (5, len(WORD_FEATURES)))
        right = tuple(bool(hit) for hit in random.uniform(0, 1, 5) < 1 / (1 + np.exp(-2 * words[:, 0])))
        spikes = tuple((place, place) for place in range(5))
        examples.append(Example(Evidence(words, -0.5, spikes), right, sum(right) / 5, weight))
    return examples


def test_words_and_readings_come_out_calibrated_on_what_was_not_fitted() -> None:
    random = np.random.default_rng(1)
    fitted = fit_confidence([made(random) for _ in range(600)], "beam", SpikeLag(7, 8))
    assert (fitted.decoder, fitted.lag, fitted.recordings) == ("beam", SpikeLag(7, 8), 600)
    others = [example for _ in range(600) for example in made(random)]
    judged = [fitted.judge(example.evidence) for example in others]
    words = np.concatenate([sure for sure, _ in judged])
    right = np.concatenate([example.right for example in others])
    assert calibration_error(bins(words, right)) < 0.03
    assert calibration_error(bins([sure for _, sure in judged], [example.accuracy for example in others])) < 0.03
    assert np.corrcoef(words, right)[0, 1] > 0.5


def test_too_few_recordings_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=f"at least {MIN_RECORDINGS} recordings in which something is heard, there are 1"):
        fit_confidence([made(np.random.default_rng(1))], "beam", SpikeLag())
