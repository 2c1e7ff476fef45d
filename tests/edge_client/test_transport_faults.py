"""A server on this machine is reached directly, whatever proxy the environment names."""

from __future__ import annotations

import pytest

from edge_client.config import TransportConfig
from edge_client.transport import Transport
from protos import messages as m
from tests.edge_client.conftest import FakeServer


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_proxy_in_the_environment_is_not_asked_for_this_machine(fake_server: FakeServer, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY", "no_grpc_proxy"):
        monkeypatch.delenv(name, raising=False)
    server = fake_server.address.replace("127.0.0.1", host)
    transport = Transport(TransportConfig(server, connect_timeout_s=2.0), m.StreamingConfig())
    transport.end_input()
    assert [type(response) async for response in transport.responses()] == [m.Session]
