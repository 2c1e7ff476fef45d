"""Files and pipes as frames on the capture clock."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_client.sources import AudioFile, PcmStream, Source
from protos.errors import ConfigurationError
from protos.messages import AudioFrame, MicrophoneState


async def all_frames(source: Source) -> list[AudioFrame]:
    return [frame async for frame in source.frames()]


def pcm_of(frames: list[AudioFrame]) -> bytes:
    return b"".join(frame.pcm for frame in frames)


@pytest.fixture
def samples() -> np.ndarray:
    return np.random.default_rng(1).integers(-20000, 20000, 5001).astype("<i2")


@pytest.mark.parametrize("suffix", ["wav", "flac"])
async def test_a_lossless_file_comes_out_sample_for_sample(tmp_path: Path, samples: np.ndarray, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, samples, 16000)
    source = AudioFile(path)
    assert pcm_of(await all_frames(source)) == samples.tobytes()
    assert (source.device.source, source.state) == ("file", MicrophoneState.NOT_USED)


async def test_another_rate_and_two_channels_are_made_ours(tmp_path: Path) -> None:
    path = tmp_path / "a.ogg"
    soundfile.write(path, np.zeros((44100, 2), np.float32), 44100)
    assert len(pcm_of(await all_frames(AudioFile(path)))) // 2 == pytest.approx(16000, abs=2)


async def test_a_paced_file_is_the_same_and_no_faster_than_it_was_spoken(tmp_path: Path, samples: np.ndarray) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, samples[:1000], 16000)
    source, begin_s = AudioFile(path, paced=True), time.monotonic()
    frames = []
    async for frame in source.frames():
        frames.append(frame)
        # Only a lower bound: a busy machine makes it later, never sooner.
        assert time.monotonic() - begin_s >= (frame.start_sample + len(frame.pcm) // 2) / 16000
    assert pcm_of(frames) == samples[:1000].tobytes()


def test_a_file_is_open_only_while_it_is_read(tmp_path: Path, samples: np.ndarray) -> None:
    """`harken-edge ask *.flac` names more files than a process may have open."""
    path = tmp_path / "a.wav"
    soundfile.write(path, samples, 16000)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count
    sources = [AudioFile(path) for _ in range(50)]
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    assert len(sources) == 50


def test_what_is_no_recording_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words")
    for name in ("a.txt", "missing.wav"):
        with pytest.raises(ConfigurationError, match=name.replace(".", r"\.")):
            AudioFile(tmp_path / name)


@pytest.mark.parametrize("chunk", [1, 3, 999, 100_000])
async def test_a_pipe_may_cut_samples_anywhere(samples: np.ndarray, chunk: int) -> None:
    class Trickle(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(chunk, 100_000 if size is None or size < 0 else size))

    assert pcm_of(await all_frames(PcmStream(Trickle(samples[:2000].tobytes()), 16000))) == samples[:2000].tobytes()


async def test_half_a_sample_at_the_end_of_a_pipe_is_no_sample() -> None:
    assert pcm_of(await all_frames(PcmStream(io.BytesIO(b"\1\0\2"), 16000))) == b"\1\0"


@pytest.mark.parametrize("seconds", [0.5, 1.51, 3.51])
async def test_opus_read_in_blocks_is_the_same_as_read_at_once(tmp_path: Path, seconds: float) -> None:
    """libsndfile decodes a last Opus packet wrongly if a read begins exactly there; lengths here end half a packet after a block."""
    rng = np.random.default_rng(2)
    path = tmp_path / "a.opus"
    soundfile.write(path, rng.normal(0, 0.1, int(seconds * 16000)).astype(np.float32), 16000, format="OGG", subtype="OPUS")
    whole = soundfile.read(path, dtype="float32")[0]
    frames = await all_frames(AudioFile(path))
    assert np.array_equal(np.frombuffer(pcm_of(frames), "<i2"), np.clip(np.rint(whole * 32768), -32768, 32767).astype("<i2"))
