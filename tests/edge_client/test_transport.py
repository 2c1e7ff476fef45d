"""What is sent, when, and what is dropped aloud."""

from __future__ import annotations

import asyncio

import grpc
import pytest

from edge_client.config import TransportConfig
from edge_client.transport import Transport
from protos import messages as m
from protos.errors import SpoolFull, Unreachable
from tests.edge_client.conftest import FakeServer


async def test_everything_goes_in_order_and_the_end_is_a_half_close(fake_server: FakeServer) -> None:
    transport = Transport(TransportConfig(fake_server.address), m.StreamingConfig(catalogue="pies"))
    sent = [m.SegmentStart(1), m.AudioChunk(1, 0, 0, b"abcd"), m.SegmentEnd(1, m.EndReason.SILENCE, 2, 0)]
    for request in sent:
        transport.send(request)
    transport.end_input()
    responses = [response async for response in transport.responses()]
    assert [type(response) for response in responses] == [m.Session, m.Result, m.SearchResults]
    assert fake_server.requests == [m.StreamingConfig(catalogue="pies"), *sent]
    assert transport.sent_bytes == 4
    await transport.close()


async def test_a_segment_beyond_the_bound_is_lost_once_and_the_next_one_fits() -> None:
    transport = Transport(TransportConfig(max_unsent_bytes=100), m.StreamingConfig())
    transport.send(m.SegmentStart(1))
    transport.send(m.AudioChunk(1, 0, 0, bytes(80)))
    with pytest.raises(SpoolFull, match="80 bytes of audio wait for the server, 100 are allowed"):
        transport.send(m.AudioChunk(1, 1, 40, bytes(80)))
    transport.send(m.AudioChunk(1, 2, 80, bytes(80)))
    transport.send(m.SegmentEnd(1))
    transport.send(m.SegmentStart(2))
    transport.send(m.AudioChunk(2, 0, 120, bytes(100)))
    assert list(transport._outbox) == [m.StreamingConfig(), m.SegmentStart(2), m.AudioChunk(2, 0, 120, bytes(100))]
    assert (transport.accepted_bytes, transport.sent_bytes) == (100, 0)
    await transport.close()


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (grpc.StatusCode.UNAVAILABLE, "went away or is too busy (UNAVAILABLE: because)"),
        (grpc.StatusCode.NOT_FOUND, "does not have what was asked for (NOT_FOUND: because)"),
        (grpc.StatusCode.INTERNAL, "ended the session (INTERNAL: because)"),
    ],
)
async def test_a_broken_call_is_a_sentence_with_the_code_and_the_servers_own_words(
    fake_server: FakeServer, code: grpc.StatusCode, sentence: str
) -> None:
    fake_server.abort_after, fake_server.abort_code, fake_server.abort_details = 0, code, "because"
    transport = Transport(TransportConfig(fake_server.address), m.StreamingConfig())
    transport.send(m.SegmentEnd(1))
    transport.end_input()
    with pytest.raises(Unreachable) as raised:
        [response async for response in transport.responses()]
    assert raised.value.message == f"the server at {fake_server.address} {sentence}"
    assert transport.connected_s is not None
    await transport.close()


async def test_nobody_there_is_said_with_the_address() -> None:
    transport = Transport(TransportConfig("127.0.0.1:1", connect_timeout_s=0.1), m.StreamingConfig())
    with pytest.raises(Unreachable, match=r"no server answers at 127\.0\.0\.1:1 within 0\.1 s"):
        await asyncio.wait_for(anext(transport.responses()), 5)
    await transport.close()


async def test_forgetting_a_segment_keeps_every_other_message_in_order() -> None:
    transport = Transport(TransportConfig(max_unsent_bytes=4), m.StreamingConfig())
    kept = [m.SegmentStart(1), m.AudioChunk(1, 0, 0, b"ab"), m.SegmentEnd(1), m.EdgeReport()]
    for request in [*kept, m.SegmentStart(2), m.AudioChunk(2, 0, 1, b"cd")]:
        transport.send(request)
    with pytest.raises(SpoolFull):
        transport.send(m.AudioChunk(2, 1, 2, b"ef"))
    assert list(transport._outbox) == [m.StreamingConfig(), *kept]
    await transport.close()
