"""What the beam reads: no frame that says nothing, and a way to wait between words."""

from __future__ import annotations

import numpy as np
import pytest

from models.ctc import log_softmax
from models.decode.emissions import NEVER, informative, with_wait


def frames_of(path: list[int], symbols: int = 4, sharpness: float = 9.0) -> np.ndarray:
    logits = np.zeros((len(path), symbols), np.float32)
    logits[np.arange(len(path)), path] = sharpness
    return log_softmax(logits)


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ([0, 0, 0], [True, False, False]),
        ([1, 0, 0, 1], [True, True, False, True]),
        ([1, 1, 2], [True, True, True]),
        ([], []),
    ],
)
def test_only_the_first_frame_of_a_stretch_of_blanks_is_kept(path: list[int], kept: list[bool]) -> None:
    assert informative(frames_of(path), 0, 0.99).tolist() == kept


def test_a_blank_that_is_less_than_certain_is_kept() -> None:
    assert informative(frames_of([0, 0, 0], sharpness=3.0), 0, 0.99).all()


def test_waiting_costs_what_the_symbol_of_the_frame_before_still_has() -> None:
    log_probs = frames_of([2, 2, 1, 0, 3])
    wait = with_wait(log_probs, 0, None)[:, -1]
    expected = [NEVER, log_probs[1, 2], log_probs[2, 2], log_probs[3, 1], NEVER]
    np.testing.assert_allclose(wait, expected, rtol=1e-6)


def test_waiting_costs_no_more_than_the_word_end() -> None:
    log_probs = frames_of([2, 3, 1])
    wait = with_wait(log_probs, 0, 3)[:, -1]
    np.testing.assert_allclose(wait, np.maximum(log_probs[:, 3], [NEVER, log_probs[1, 2], log_probs[2, 3]]), rtol=1e-6)


def test_the_other_columns_stay_and_the_result_is_what_a_c_library_may_read() -> None:
    log_probs = frames_of([2, 3, 1])
    widened = with_wait(log_probs, 0, None)
    np.testing.assert_array_equal(widened[:, :-1], log_probs)
    assert widened.dtype == np.float32
    assert widened.flags.c_contiguous
