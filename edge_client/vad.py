"""WebRTC's voice activity detector, one decision a frame. Stateful: each frame of a stream exactly once, in order."""

from __future__ import annotations

import math

import numpy as np
import webrtcvad

from edge_client.config import VadConfig
from protos.errors import InvalidAudio
from protos.messages import BYTES_PER_SAMPLE, FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame, VadInfo

FRAME_BYTES = FRAME_SAMPLES * BYTES_PER_SAMPLE


def level_dbfs(pcm: bytes) -> float:
    """Root mean square of int16 samples against full scale; -100 for silence."""
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    power = float(samples @ samples) / max(1, len(samples)) / 32768.0**2
    return 10 * math.log10(power + 1e-10)


class Vad:
    def __init__(self, config: VadConfig) -> None:
        self._detector = webrtcvad.Vad(config.mode)
        self.info = VadInfo("webrtc", f"mode {config.mode}")

    def is_voiced(self, frame: AudioFrame) -> bool:
        """A last, shorter frame is judged as if silence followed.

        Raises: InvalidAudio: longer than a frame, or not whole samples; webrtcvad itself takes 641 bytes as if they were 640.
        """
        if len(frame.pcm) > FRAME_BYTES or len(frame.pcm) % BYTES_PER_SAMPLE:
            raise InvalidAudio(f"a frame has {len(frame.pcm)} bytes, must have at most {FRAME_BYTES} and whole samples")
        return bool(self._detector.is_speech(frame.pcm.ljust(FRAME_BYTES, b"\0"), SAMPLE_RATE_HZ))
