"""The sound card through PortAudio: frames at 16 kHz from any device, whatever its rate. Loses samples only aloud."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from edge_client.resample import Block, Framer
from protos.errors import ConfigurationError
from protos.messages import AudioFrame, DeviceInfo, MicrophoneState

# Two frames: being woken by PortAudio's thread is most of what listening costs. One at a time took 0.022 of a core, two take 0.010; the first of a
# pair is heard 20 ms later for it.
BLOCK_SECONDS = 0.04
# Two seconds: longer than any pause of the event loop that speech should survive.
QUEUE_BLOCKS = 50


@dataclass(frozen=True, slots=True)
class InputDevice:
    index: int
    """PortAudio's."""
    name: str
    channels: int
    rate_hz: int
    """The device's own; other rates would be resampled by a driver nobody knows."""
    is_default: bool


def load_sounddevice() -> ModuleType:
    """Raises: ConfigurationError: the PortAudio library is missing, or cannot start."""
    try:
        import sounddevice  # noqa: PLC0415 - importing it loads PortAudio, which a client of files need not have
    except OSError as error:
        raise ConfigurationError(f"the PortAudio library is missing ({error}); on Debian: apt install libportaudio2") from error
    except Exception as error:  # PortAudio's own class, which an import that failed does not give us
        raise ConfigurationError(f"the PortAudio library cannot start ({error})") from error
    module: ModuleType = sounddevice
    return module


def input_devices() -> list[InputDevice]:
    """Devices with at least one input channel. Raises: ConfigurationError: PortAudio is missing, or cannot list them."""
    sounddevice = load_sounddevice()
    try:
        found = sounddevice.query_devices()
    except sounddevice.PortAudioError as error:
        raise ConfigurationError(f"PortAudio cannot list the input devices ({error})") from error
    default = sounddevice.default.device[0]
    return [
        InputDevice(device["index"], device["name"], device["max_input_channels"], int(device["default_samplerate"]), device["index"] == default)
        for device in found
        if device["max_input_channels"] > 0
    ]


@dataclass(frozen=True, slots=True)
class _Heard:
    block: Block
    lost_before_s: float


class Microphone:
    def __init__(self, index: int | None = None) -> None:
        """index: of `input_devices`; None: the system's default. Raises: ConfigurationError: there is none, or PortAudio is missing."""
        devices = input_devices()
        chosen = next((device for device in devices if device.index == index or (index is None and device.is_default)), None)
        chosen = chosen or (devices[0] if devices and index is None else None)
        if chosen is None:
            what = "no microphone was found" if index is None else f"input device {index} does not exist"
            raise ConfigurationError(f"{what}; `harken-edge devices` lists those PortAudio sees, `harken-edge ask FILE` needs none")
        self._chosen = chosen
        self.device = DeviceInfo(chosen.name, chosen.rate_hz, "microphone")
        self.overruns, self.state, self.can_wait = 0, MicrophoneState.OK, False

    async def frames(self) -> AsyncGenerator[AudioFrame, None]:
        """Until cancelled. An overrun becomes a jump of the capture clock.

        Raises: ConfigurationError: the device cannot be opened, or went away; what it heard before comes first.
        """
        framer = Framer(self._chosen.rate_hz)
        queue: asyncio.Queue[_Heard | None] = asyncio.Queue()
        with self._open(*self._callbacks(queue)):
            while (heard := await queue.get()) is not None:
                if heard.lost_before_s:
                    for frame in framer.gap(heard.lost_before_s):
                        yield frame
                for frame in framer.push(heard.block):
                    yield frame
        self.state = MicrophoneState.LOST
        for frame in framer.finish():
            yield frame
        raise ConfigurationError(f"microphone {self._chosen.name!r} stopped delivering sound: is it still plugged in?")

    def _callbacks(self, queue: asyncio.Queue[_Heard | None]) -> tuple[Callable[..., None], Callable[[], None]]:
        """For PortAudio's own thread: one for each block of sound, one for the end of the stream (None in the queue)."""
        loop = asyncio.get_running_loop()
        lost_s = 0.0

        def enqueue(block: Block, overflowed: bool) -> None:
            nonlocal lost_s
            if overflowed:
                self.overruns += 1
                lost_s += BLOCK_SECONDS  # PortAudio does not say how much; one block is its least
            if queue.qsize() >= QUEUE_BLOCKS:
                self.overruns += 1
                lost_s += len(block) / self._chosen.rate_hz
                return
            queue.put_nowait(_Heard(block, lost_s))
            lost_s = 0.0

        def hear(block: Block, _frames: int, _time: Any, status: Any) -> None:
            loop.call_soon_threadsafe(enqueue, block.copy(), bool(status.input_overflow))

        def end() -> None:
            loop.call_soon_threadsafe(queue.put_nowait, None)

        return hear, end

    def _open(self, hear: Callable[..., None], end: Callable[[], None]) -> ExitStack:
        """Started, until the stack is left. One channel, or all of them where a device gives no fewer."""
        sounddevice = load_sounddevice()
        running, refusal = ExitStack(), None
        for channels in sorted({1, self._chosen.channels}):
            try:
                stream = sounddevice.InputStream(
                    device=self._chosen.index,
                    samplerate=self._chosen.rate_hz,
                    channels=channels,
                    dtype="float32",
                    blocksize=int(self._chosen.rate_hz * BLOCK_SECONDS),
                    callback=hear,
                    finished_callback=end,
                )
                running.enter_context(stream)  # a device may be opened and refuse to start
            except sounddevice.PortAudioError as error:
                refusal = error
            else:
                return running
        raise ConfigurationError(f"microphone {self._chosen.name!r} cannot be opened: {refusal}") from refusal
