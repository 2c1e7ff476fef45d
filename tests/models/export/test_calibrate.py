"""Ranges from what was seen, without being led astray by a click."""

from __future__ import annotations

import numpy as np
import pytest

from models.export.builder import Builder
from models.export.calibrate import calibrate
from models.export.graph import INPUTS


def ranges_of(*clips: np.ndarray) -> tuple[float, float]:
    """Of a graph whose only activation is twice its input."""
    builder = Builder()
    doubled = builder.activation(builder.node("Mul", builder.reshape("waveform", 1, -1, 1), builder.constant("two", np.float32([2]))), "doubled")
    model = builder.model(INPUTS, builder.linear(doubled, "identity", np.eye(1, dtype=np.float32), None), "logits", 1)
    return calibrate(model, builder.activations, [clip.astype(np.float32) for clip in clips])["doubled"]


def test_a_range_holds_nearly_all_values() -> None:
    low, high = ranges_of(np.linspace(-1, 3, 10_001))
    assert (low, high) == (pytest.approx(-2, abs=0.01), pytest.approx(6, abs=0.01))


def test_one_click_in_one_clip_does_not_widen_it() -> None:
    quiet = [np.linspace(-1, 1, 30_000)] * 30
    click = quiet[0].copy()
    click[7] = 1000.0
    assert ranges_of(*quiet, click)[1] == pytest.approx(2, abs=0.05)
