"""Recordings and pipes that are damaged, strange, or taken away while they are read."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge_client.sources import AudioFile, PcmStream, Source
from protos.errors import ConfigurationError, InvalidAudio


async def samples_of(source: Source) -> int:
    return sum([len(frame.pcm) // 2 async for frame in source.frames()])


@pytest.mark.parametrize("suffix", ["flac", "ogg"])
async def test_a_hole_in_a_recording_is_said_and_not_skipped(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 80_000), 16_000)
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes(6000) + whole[middle + 6000 :])
    with pytest.raises(ConfigurationError, match=path.name):
        await samples_of(AudioFile(path))


async def test_a_format_that_cannot_seek_is_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "telephone.wav"
    soundfile.write(path, np.zeros(16_000), 8_000, subtype="GSM610")
    assert await samples_of(AudioFile(path)) >= 32_000


def test_a_rate_that_audio_has_not_is_refused_with_the_files_name_before_anything_is_read(tmp_path: Path) -> None:
    path = tmp_path / "slow.wav"
    soundfile.write(path, np.zeros(4000), 2000)
    with pytest.raises(ConfigurationError, match=r"slow\.wav: sample rate is 2000 Hz"):
        AudioFile(path)


async def test_a_sample_that_is_not_finite_is_refused_with_the_files_name(tmp_path: Path) -> None:
    path = tmp_path / "nan.wav"
    soundfile.write(path, np.array([0.0, np.nan], np.float32), 16_000, subtype="FLOAT")
    with pytest.raises(InvalidAudio, match=r"nan\.wav: sample 1 "):
        await samples_of(AudioFile(path))


async def test_a_file_is_not_closed_while_a_thread_still_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros(16_000), 16_000)
    begun, may_end, was_closed = threading.Event(), threading.Event(), []

    def slow_read(_: AudioFile, file: soundfile.SoundFile, *__: object) -> np.ndarray:
        begun.set()
        may_end.wait(30)
        was_closed.append(file.closed)
        return np.zeros((0, 1), np.float32)

    monkeypatch.setattr(AudioFile, "_read", slow_read)
    reading = asyncio.create_task(samples_of(AudioFile(path)))
    await asyncio.to_thread(begun.wait)
    reading.cancel()
    for _ in range(10):  # turns of the loop in which a careless reader would close the file
        await asyncio.sleep(0)
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await reading
    while not was_closed:  # noqa: ASYNC110 - set by a thread
        await asyncio.sleep(0.001)
    assert was_closed == [False]


async def test_a_pipe_that_breaks_is_one_clear_sentence() -> None:
    class Broken(io.BytesIO):
        def read(self, _: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(ConfigurationError, match="standard input cannot be read"):
        await samples_of(PcmStream(Broken(), 16_000))


def test_a_non_blocking_pipe_is_made_to_wait_because_nothing_yet_would_read_as_its_end() -> None:
    """ssh and others leave standard input so."""
    inlet, outlet = os.pipe()
    os.set_blocking(inlet, False)
    program = "import os; from edge_client.sources import standard_input; standard_input(); print(os.get_blocking(0))"
    done = subprocess.run([sys.executable, "-c", program], stdin=inlet, capture_output=True, check=True)
    os.close(inlet)
    os.close(outlet)
    assert done.stdout == b"True\n"
