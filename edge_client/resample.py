"""Blocks of samples at a device's rate and channels -> 20 ms frames at 16 kHz mono. No device, no file; soxr does the filtering."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr

from protos.errors import ConfigurationError, InvalidAudio
from protos.messages import BYTES_PER_SAMPLE, FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame

FRAME_BYTES = FRAME_SAMPLES * BYTES_PER_SAMPLE
FULL_SCALE = 32768.0
MIN_RATE_HZ, MAX_RATE_HZ = 4_000, 384_000
Block = npt.NDArray[np.float32]


def to_pcm(block: Block) -> bytes:
    """(S,) floats in -1..1 -> signed 16-bit PCM. Clips, then casts: a bare cast turns +2.0 into a negative sample.

    Raises: InvalidAudio: a sample is not finite.
    """
    if not (is_finite := np.isfinite(block)).all():
        raise InvalidAudio(f"sample {int(np.argmin(is_finite))} of a block is not finite")
    scaled = block * np.float32(FULL_SCALE)
    np.rint(scaled, out=scaled)
    np.maximum(scaled, -FULL_SCALE, out=scaled)
    np.minimum(scaled, FULL_SCALE - 1, out=scaled)
    pcm: bytes = scaled.astype("<i2").tobytes()
    return pcm


class Framer:
    """One for each source; owns the capture clock. Blocks may have any length; no sample is lost or made up."""

    def __init__(self, rate_hz: int) -> None:
        """Raises: ConfigurationError: no rate that audio has."""
        if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
            raise ConfigurationError(f"sample rate is {rate_hz} Hz, must be within {MIN_RATE_HZ}..{MAX_RATE_HZ}")
        self._rate_hz = rate_hz
        self._resampler = self._new_resampler()
        self._pcm = bytearray()
        self._next_sample = 0

    def push(self, block: Block) -> list[AudioFrame]:
        """block: (S,) or (S, channels) float32 in -1..1, channels are averaged. Raises: InvalidAudio: a sample is not finite."""
        # The mean of one channel took longer than resampling it.
        mono = block.reshape(-1) if block.ndim == 1 or block.shape[1] == 1 else block.mean(axis=1, dtype=np.float32)
        self._pcm += to_pcm(mono if self._resampler is None else self._resampler.resample_chunk(mono))
        return self._whole_frames()

    def push_pcm(self, pcm: bytes) -> list[AudioFrame]:
        """Whole signed 16-bit little-endian samples of one channel. At our own rate they stay what they are: into floats and back took a third of the
        time of listening (benchmarks/LOG.md).
        """
        if self._resampler is not None:
            return self.push(np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(FULL_SCALE))
        self._pcm += pcm
        return self._whole_frames()

    def gap(self, seconds: float) -> list[AudioFrame]:
        """The device lost samples: what came before ends here, what follows begins that much later on the capture clock."""
        frames = self.finish()
        self._next_sample += round(seconds * SAMPLE_RATE_HZ)
        self._resampler = self._new_resampler()
        return frames

    def finish(self) -> list[AudioFrame]:
        """What the filter and the last, shorter frame still hold."""
        if self._resampler is not None:
            self._pcm += to_pcm(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
        frames = []
        while self._pcm:
            frames.append(self._frame(min(FRAME_BYTES, len(self._pcm))))
        return frames

    def _whole_frames(self) -> list[AudioFrame]:
        return [self._frame(FRAME_BYTES) for _ in range(len(self._pcm) // FRAME_BYTES)]

    def _frame(self, size: int) -> AudioFrame:
        frame = AudioFrame(self._next_sample, bytes(self._pcm[:size]))
        del self._pcm[:size]
        self._next_sample += size // BYTES_PER_SAMPLE
        return frame

    def _new_resampler(self) -> soxr.ResampleStream | None:
        return None if self._rate_hz == SAMPLE_RATE_HZ else soxr.ResampleStream(self._rate_hz, SAMPLE_RATE_HZ, 1, dtype="float32")
