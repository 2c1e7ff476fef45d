"""Where audio comes from when it is no microphone: files and standard input, as frames on the capture clock."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import BinaryIO, Protocol

import soundfile

from edge_client.inlet import blocks
from edge_client.resample import Block, Framer
from protos.errors import ConfigurationError, InvalidAudio
from protos.messages import BYTES_PER_SAMPLE, SAMPLE_RATE_HZ, AudioFrame, DeviceInfo, MicrophoneState

BLOCK_SECONDS = 0.1


class Source(Protocol):
    """Frames in order; a jump of start_sample means samples were lost."""

    device: DeviceInfo
    overruns: int
    """Events so far in which the device lost samples."""
    state: MicrophoneState
    can_wait: bool
    """Nothing is lost if the next frame is asked for later."""

    def frames(self) -> AsyncGenerator[AudioFrame, None]: ...


class AudioFile:
    """WAV, FLAC, OGG, whatever soundfile reads; any rate, any number of channels, read block by block. Open only while it is read."""

    def __init__(self, path: Path, *, paced: bool = False) -> None:
        """paced: no faster than it was spoken. Raises: ConfigurationError: it cannot be opened, or has a rate that audio has not."""
        self._path, self._paced = path, paced
        with self._open() as file:
            self._framer(file)  # refuse it now, not after the files before it
            self.device = DeviceInfo(path.name, file.samplerate, "file")
        self.overruns, self.state, self.can_wait = 0, MicrophoneState.NOT_USED, not paced

    async def frames(self) -> AsyncGenerator[AudioFrame, None]:
        """Raises: ConfigurationError: the file is damaged. InvalidAudio: a sample is not finite."""
        begin_s, is_over, read_count = time.monotonic(), False, 0
        with self._open() as file:
            framer = self._framer(file)
            while not is_over:
                block = await self._next_block(file, file.frames - read_count)
                is_over = not len(block)
                read_count += len(block)
                for frame in framer.finish() if is_over else self._push(framer, block):
                    if self._paced:
                        end_sample = frame.start_sample + len(frame.pcm) // BYTES_PER_SAMPLE
                        await asyncio.sleep(begin_s + end_sample / SAMPLE_RATE_HZ - time.monotonic())
                    yield frame
            if read_count < file.frames:
                raise ConfigurationError(f"{self._path}: damaged, {read_count} of {file.frames} samples can be read")

    def _open(self) -> soundfile.SoundFile:
        try:
            return soundfile.SoundFile(self._path)
        except (soundfile.SoundFileError, OSError) as error:
            raise ConfigurationError(f"{self._path}: {'no such file' if not self._path.exists() else error}") from error

    def _framer(self, file: soundfile.SoundFile) -> Framer:
        try:
            return Framer(file.samplerate)
        except ConfigurationError as error:
            raise ConfigurationError(f"{self._path}: {error}") from error

    def _push(self, framer: Framer, block: Block) -> list[AudioFrame]:
        try:
            return framer.push(block)
        except InvalidAudio as error:
            raise InvalidAudio(f"{self._path}: {error.message}") from error

    async def _next_block(self, file: soundfile.SoundFile, left: int) -> Block:
        reading = asyncio.create_task(asyncio.to_thread(self._read, file, left))
        try:
            return await asyncio.shield(reading)
        finally:
            await asyncio.wait([reading])  # cancelled or not: libsndfile must not close a file that a thread still reads

    def _read(self, file: soundfile.SoundFile, left: int) -> Block:
        """The next block; at the end a longer one, never a last packet alone: libsndfile 1.2 decodes that one wrongly from Opus (measured)."""
        count = max(1, int(BLOCK_SECONDS * file.samplerate))
        try:
            block: Block = file.read(left if left < 2 * count else count, dtype="float32", always_2d=True)
        except soundfile.SoundFileError as error:
            raise ConfigurationError(f"{self._path}: {error}") from error
        return block


class PcmStream:
    """Signed 16-bit little-endian mono from a pipe: `arecord -t raw -f S16_LE -r 16000 | harken-edge listen --stdin`."""

    def __init__(self, stream: BinaryIO, rate_hz: int) -> None:
        self._stream, self._rate_hz = stream, rate_hz
        self._framer = Framer(rate_hz)
        self.device = DeviceInfo("stdin", rate_hz, "stdin")
        self.overruns, self.state, self.can_wait = 0, MicrophoneState.NOT_USED, True

    async def frames(self) -> AsyncGenerator[AudioFrame, None]:
        """Raises: ConfigurationError: the pipe cannot be read."""
        size = max(1, int(BLOCK_SECONDS * self._rate_hz)) * BYTES_PER_SAMPLE
        rest = b""
        try:
            async with aclosing(blocks(self._stream, size)) as found:
                async for block in found:
                    pcm = rest + block
                    whole = len(pcm) - len(pcm) % BYTES_PER_SAMPLE  # a pipe may cut a sample in two
                    rest = pcm[whole:]
                    for frame in self._framer.push_pcm(pcm[:whole]):
                        yield frame
        except OSError as error:
            raise unreadable(error) from error
        for frame in self._framer.finish():
            yield frame


def unreadable(error: OSError) -> ConfigurationError:
    return ConfigurationError(f"standard input cannot be read ({error}): pipe raw PCM into it")


def standard_input() -> BinaryIO:
    """Unbuffered: a buffer's lock, held by a read that still waits, would abort the interpreter on its way out.

    Raises: ConfigurationError: it is closed.
    """
    try:
        os.set_blocking(0, True)  # ssh and others leave it non-blocking, where "nothing yet" reads as the end
        return open(0, "rb", buffering=0, closefd=False)
    except OSError as error:
        raise unreadable(error) from error
