"""The clock of a conv encoder, and sets of tensors that are not quite the expected ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.export.tensors import UNUSED, complaints, expected_tensors
from models.records import FrameClock
from tests.models.tiny import SHAPE


@pytest.mark.parametrize(
    ("kernels", "strides", "clock"),
    [
        ((320, 6, 4, 3, 3), (64, 3, 2, 1, 1), FrameClock(384, 2752)),
        ((10, 3, 3, 3, 3, 2, 2), (5, 2, 2, 2, 2, 2, 2), FrameClock(320, 400)),
        ((1,), (1,), FrameClock(1, 1)),
    ],
    ids=["seed", "wav2vec2-base", "nothing"],
)
def test_the_clock_follows_from_kernels_and_strides(kernels: tuple[int, ...], strides: tuple[int, ...], clock: FrameClock) -> None:
    assert replace(SHAPE, conv_kernel=kernels, conv_stride=strides).clock == clock


def test_the_expected_set_has_no_complaints_and_may_hold_what_only_training_reads() -> None:
    expected = expected_tensors(SHAPE)
    assert complaints(expected, {**expected, **dict.fromkeys(UNUSED, (72,))}) == []


def test_what_is_missing_of_other_sizes_or_strange_is_named() -> None:
    expected = expected_tensors(SHAPE)
    found = {**expected, "lm_head.bias": (31,), "encoder.layers.0.adapter.weight": (1,)}
    del found["lm_head.weight"]
    assert complaints(expected, found) == [
        "lm_head.weight (32, 72) is missing",
        "lm_head.bias is (31,), must be (32,)",
        "encoder.layers.0.adapter.weight (1,) is not understood",
    ]
