"""Multiply-adds, against figures worked out by hand and published elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.work import multiply_adds
from models.export.tensors import Shape
from protos.messages import SAMPLE_RATE_HZ

TINY = Shape((2, 3), (4, 2), (2, 1), "layer", True, True, 6, 8, 2, 2, 5, 3, 1e-5, 7, 0.0)
BASE = Shape((512,) * 7, (10, 3, 3, 3, 3, 2, 2), (5, 2, 2, 2, 2, 2, 2), "group", False, False, 768, 3072, 12, 12, 128, 16, 1e-5, 32, 0.0)


def test_a_tiny_model_by_hand() -> None:
    # 10 samples -> (10 - 4) // 2 + 1 = 4 -> 3 frames
    front_end = 4 * 4 * 1 * 2 + 3 * 2 * 2 * 3
    one_block = 3 * (4 * 6 * 6 + 2 * 6 * 8) + 2 * 3 * 3 * 6
    assert multiply_adds(TINY, 10) == front_end + 3 * 3 * 6 + 3 * 6 * 2 * 5 + 2 * one_block + 3 * 6 * 7


def test_wav2vec2_base_costs_what_was_measured_before() -> None:
    seconds = 5
    assert 2e-9 * multiply_adds(BASE, seconds * SAMPLE_RATE_HZ) / seconds == pytest.approx(14.3, rel=0.02)


@given(st.integers(0, TINY.clock.receptive_field_samples - 1))
def test_a_clip_too_short_for_a_frame_has_none_behind_the_front_end(samples: int) -> None:
    assert multiply_adds(TINY, samples) == multiply_adds(replace(TINY, layers=50, outputs=1000), samples)


@given(st.integers(10, 500), st.integers(1, 500))
def test_longer_never_costs_less(samples: int, more: int) -> None:
    assert multiply_adds(TINY, samples + more) >= multiply_adds(TINY, samples)
