"""One decision for each frame, and no frame that is none."""

from __future__ import annotations

import numpy as np
import pytest

from edge_client.config import VadConfig
from edge_client.vad import Vad, level_dbfs
from protos.errors import InvalidAudio
from protos.messages import FRAME_SAMPLES, AudioFrame


def test_silence_is_silence_and_a_voice_is_heard() -> None:
    silent = Vad(VadConfig())
    assert [silent.is_voiced(AudioFrame(i * FRAME_SAMPLES, bytes(640))) for i in range(50)] == [False] * 50
    time = np.arange(FRAME_SAMPLES * 50) / 16000
    buzz = sum(np.sin(2 * np.pi * 120 * k * time) / k for k in range(1, 25)) * (1 + 0.5 * np.sin(2 * np.pi * 4 * time))
    pcm = (buzz / np.abs(buzz).max() * 20000).astype("<i2").tobytes()
    voiced = Vad(VadConfig())
    assert sum([voiced.is_voiced(AudioFrame(i * FRAME_SAMPLES, pcm[i * 640 : (i + 1) * 640])) for i in range(50)]) > 40


@pytest.mark.parametrize("size", [641, 642, 1280, 1, 639])
def test_what_is_no_frame_is_refused(size: int) -> None:
    with pytest.raises(InvalidAudio, match=f"{size} bytes"):
        Vad(VadConfig()).is_voiced(AudioFrame(0, bytes(size)))


@pytest.mark.parametrize("size", [0, 2, 320, 638])
def test_a_shorter_last_frame_is_judged(size: int) -> None:
    assert Vad(VadConfig()).is_voiced(AudioFrame(0, bytes(size))) in (True, False)


@pytest.mark.parametrize(("value", "level"), [(0, -100.0), (32767, 0.0), (3277, -20.0), (-32768, 0.0)])
def test_levels_are_against_full_scale(value: int, level: float) -> None:
    assert level_dbfs(np.full(320, value, "<i2").tobytes()) == pytest.approx(level, abs=0.01)
    assert level_dbfs(b"") == -100.0
