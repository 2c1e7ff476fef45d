"""PortAudio refusing in every place where it may."""

from __future__ import annotations

from typing import Any

import pytest

from edge_client.microphone import Microphone, input_devices, load_sounddevice
from protos.errors import ConfigurationError
from tests.edge_client.test_microphone import FakePortAudio, use


async def test_a_device_that_opens_but_does_not_start_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unstartable(FakePortAudio):
        def InputStream(self, **_: Any) -> Any:  # noqa: N802
            outer = self

            class Stream:
                def __enter__(self) -> None:
                    raise outer.PortAudioError("unanticipated host error")

                def __exit__(self, *_: object) -> None: ...

            return Stream()

    use(monkeypatch, Unstartable())
    with pytest.raises(ConfigurationError, match="microphone 'headset' cannot be opened: unanticipated host error"):
        await anext(Microphone().frames())


def test_a_portaudio_that_cannot_list_devices_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class Blind(FakePortAudio):
        def query_devices(self) -> list[dict[str, Any]]:
            raise self.PortAudioError("internal error")

    use(monkeypatch, Blind())
    with pytest.raises(ConfigurationError, match="cannot list the input devices"):
        input_devices()


def test_a_portaudio_that_cannot_start_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module initialises the library when it is imported, and raises an error of its own class."""
    original = __import__

    def refusing(name: str, *arguments: Any, **named: Any) -> Any:
        if name == "sounddevice":
            raise FakePortAudio.PortAudioError("error initializing PortAudio")
        return original(name, *arguments, **named)

    monkeypatch.setattr("builtins.__import__", refusing)
    with pytest.raises(ConfigurationError, match="cannot start"):
        load_sounddevice()
