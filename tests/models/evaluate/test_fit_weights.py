"""The search finds what ranks the better readings first, and says when it cannot know."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.decode.weights import UNTUNED, Weights
from models.evaluate.fit_weights import Choice, fit_weights, word_error_rate
from protos.errors import ConfigurationError


def choices(truth: Weights, count: int = 60, seed: int = 1) -> list[Choice]:
    """Errors grow with the distance from the reading that `truth` would choose."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(count):
        numbers = random.normal(0, 5, (8, 4))
        ranks = np.argsort(np.argsort(-(numbers @ truth.vector)))
        made.append(Choice("cv" if number % 2 else "l2_adult", 10, ranks.astype(np.int64), numbers))
    return made


def test_the_rate_is_the_mean_of_the_main_slices() -> None:
    sure = np.array([[0.0, 0, 0, 0], [1.0, 0, 0, 0]])
    made = [
        Choice(name, length, np.array([9, errors]), sure)
        for name, length, errors in (("cv", 10, 1), ("cv", 30, 3), ("l2_adult", 10, 5), ("else", 1, 1))
    ]
    assert word_error_rate(made, UNTUNED) == pytest.approx((0.1 + 0.5) / 2)
    assert word_error_rate(made[-1:], UNTUNED) == 1.0


def test_weights_that_made_the_ranks_are_nearly_found() -> None:
    made = choices(Weights(letters=0.2, language=3.0, word=-2.0))
    fitted = fit_weights(made, UNTUNED)
    assert word_error_rate(made, fitted) < word_error_rate(made, UNTUNED) / 2
    assert fitted.language > UNTUNED.language
    assert fitted.word < 0


@given(st.integers(0, 50))
@settings(max_examples=5, deadline=None)
def test_what_is_found_is_never_worse_than_the_start(seed: int) -> None:
    made = choices(Weights(1.0, 1.0, 1.0), 30, seed)
    assert word_error_rate(made, fit_weights(made, UNTUNED)) <= word_error_rate(made, UNTUNED)


def test_too_few_recordings_fit_nothing() -> None:
    with pytest.raises(ConfigurationError, match="29 recordings were heard, at least 30"):
        fit_weights(choices(UNTUNED, 29), UNTUNED)
