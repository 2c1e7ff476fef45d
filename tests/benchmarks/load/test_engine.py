"""The pipeline without a server hears and finds what a server does."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.load.engine import engine_cpu_per_audio_s, measure
from benchmarks.load.script import found_recordings, scripts
from protos.errors import ConfigurationError


def test_processor_time_of_real_audio_is_measured(root: Path) -> None:
    made = scripts(found_recordings(root, None, 1)[:1], interim=False)
    cpu_s, audio_s = measure(None, [made[0].segments[0].pcm], 0.0)
    assert audio_s == pytest.approx(made[0].audio_s)
    assert cpu_s > 0


def test_a_bundle_that_is_not_there_is_said(root: Path) -> None:
    with pytest.raises(ConfigurationError, match="without a server ended"):
        engine_cpu_per_audio_s(Path("nowhere"), found_recordings(root, None, 1)[:1], 1, 0.0)
