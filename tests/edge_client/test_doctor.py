"""What is missing is named, with what to do about it."""

from __future__ import annotations

import pytest

from edge_client import doctor, microphone
from edge_client.config import TransportConfig
from protos.errors import ConfigurationError
from tests.edge_client.conftest import FakeServer


def no_portaudio() -> None:
    raise ConfigurationError("the PortAudio library is missing (no such file); on Debian: apt install libportaudio2")


async def test_a_server_that_answers_is_described(fake_server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(microphone, "load_sounddevice", no_portaudio)
    mic, vad, server = await doctor.examine(TransportConfig(fake_server.address))
    assert (mic.ok, vad.ok, server.ok) == (False, True, True)
    assert "apt install libportaudio2" in mic.detail
    assert server.detail.endswith("runs 9.9 with fake and 7 documents")


async def test_a_server_that_is_not_there_is_named() -> None:
    check = await doctor.check_server(TransportConfig("127.0.0.1:1"))
    assert not check.ok
    assert "127.0.0.1:1 does not answer (UNAVAILABLE); start one with `harken-server run`" in check.detail
