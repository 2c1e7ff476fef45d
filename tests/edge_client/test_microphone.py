"""A sound card that is there, one that is not, and one that is too fast for us."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edge_client import microphone
from edge_client.microphone import Microphone, input_devices
from protos.errors import ConfigurationError
from protos.messages import MicrophoneState

DEVICES = [
    {"index": 0, "name": "speakers", "max_input_channels": 0, "default_samplerate": 48000.0},
    {"index": 1, "name": "webcam", "max_input_channels": 2, "default_samplerate": 16000.0},
    {"index": 2, "name": "headset", "max_input_channels": 1, "default_samplerate": 16000.0},
]


class FakePortAudio(SimpleNamespace):
    """As much of the sounddevice module as we use; its stream calls back at once with the blocks given, and ends if it is told to."""

    PortAudioError = type("PortAudioError", (Exception,), {})

    def __init__(self, blocks: list[tuple[np.ndarray, bool]] | None = None, devices: list[dict[str, Any]] | None = None) -> None:
        super().__init__(default=SimpleNamespace(device=(2, 0)), blocks=blocks or [], devices=DEVICES if devices is None else devices)
        self.refused_channels: set[int] = set()
        self.is_unplugged = False

    def query_devices(self) -> list[dict[str, Any]]:
        return self.devices

    def InputStream(self, *, channels: int, callback: Any, finished_callback: Any, **_: Any) -> Any:  # noqa: N802
        if channels in self.refused_channels:
            raise self.PortAudioError("device is busy")
        outer = self

        class Stream:
            def __enter__(self) -> None:
                for block, overflow in outer.blocks:
                    callback(np.repeat(block, channels, axis=1), len(block), None, SimpleNamespace(input_overflow=overflow))
                if outer.is_unplugged:
                    finished_callback()

            def __exit__(self, *_: object) -> None:
                finished_callback()

        return Stream()


def use(monkeypatch: pytest.MonkeyPatch, fake: FakePortAudio) -> FakePortAudio:
    monkeypatch.setattr(microphone, "load_sounddevice", lambda: fake)
    return fake


async def take(source: Microphone, count: int) -> list[Any]:
    frames, stream = [], source.frames()
    while len(frames) < count:
        frames.append(await anext(stream))
    await stream.aclose()
    return frames


def test_only_devices_that_hear_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, FakePortAudio())
    assert [(device.index, device.is_default) for device in input_devices()] == [(1, False), (2, True)]


@pytest.mark.parametrize(("index", "name"), [(None, "headset"), (1, "webcam")])
def test_the_default_or_the_one_asked_for_is_used(monkeypatch: pytest.MonkeyPatch, index: int | None, name: str) -> None:
    use(monkeypatch, FakePortAudio())
    assert Microphone(index).device.name == name


def test_no_microphone_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, FakePortAudio(devices=DEVICES[:1]))
    with pytest.raises(ConfigurationError, match="no microphone was found; `harken-edge devices`"):
        Microphone()
    with pytest.raises(ConfigurationError, match="input device 7 does not exist"):
        Microphone(7)


async def test_a_busy_microphone_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, FakePortAudio()).refused_channels = {1}
    with pytest.raises(ConfigurationError, match="microphone 'headset' cannot be opened: device is busy"):
        await take(Microphone(), 1)


async def test_a_device_that_gives_no_single_channel_is_heard_with_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, FakePortAudio([(np.full((320, 1), 0.25, np.float32), False)])).refused_channels = {1}
    (frame,) = await take(Microphone(1), 1)
    assert np.frombuffer(frame.pcm, "<i2")[0] == 8192


async def test_a_microphone_that_is_pulled_out_gives_what_it_heard_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, FakePortAudio([(np.zeros((400, 1), np.float32), False)])).is_unplugged = True
    source = Microphone()
    stream = source.frames()
    assert [len((await anext(stream)).pcm) for _ in range(2)] == [640, 160]
    with pytest.raises(ConfigurationError, match="microphone 'headset' stopped delivering sound"):
        await anext(stream)
    assert source.state is MicrophoneState.LOST


async def test_blocks_become_frames_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [(np.full((320, 1), value / 100, np.float32), False) for value in range(3)]
    use(monkeypatch, FakePortAudio(blocks))
    frames = await take(Microphone(), 3)
    assert [frame.start_sample for frame in frames] == [0, 320, 640]
    assert [np.frombuffer(frame.pcm, "<i2")[0] for frame in frames] == [round(value / 100 * 32768) for value in range(3)]


async def test_lost_samples_move_the_capture_clock_and_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    block = np.zeros((640, 1), np.float32)
    use(monkeypatch, FakePortAudio([(block, False), (block, True), (block, False)]))
    source = Microphone()
    frames = await take(source, 6)
    assert [frame.start_sample for frame in frames] == [0, 320, 1280, 1600, 1920, 2240]
    assert source.overruns == 1


async def test_blocks_nobody_takes_are_lost_aloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(microphone, "QUEUE_BLOCKS", 2)
    block = np.zeros((320, 1), np.float32)
    fake = use(monkeypatch, FakePortAudio([(block, False)] * 5))
    source = Microphone()
    frames = await take(source, 2)
    assert source.overruns == 3
    assert [frame.start_sample for frame in frames] == [0, 320]
    assert fake.blocks
