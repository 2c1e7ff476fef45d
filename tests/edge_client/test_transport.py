"""What is sent, when, and how often."""

from __future__ import annotations

import asyncio

import grpc
import pytest

from edge_client.config import TransportConfig
from edge_client.transport import MAX_REFUSALS, Transport
from protos import messages as m
from protos.errors import Unreachable
from tests.edge_client.conftest import FakeServer, found

SEGMENT = (m.SegmentStart(1), m.AudioChunk(1, 0, 0, b"abcd"), m.SegmentEnd(1, m.EndReason.SILENCE, 2, 0))


def transport_with(config: TransportConfig) -> Transport:
    transport = Transport(config, m.StreamingConfig(catalogue="pies"))
    for request in SEGMENT:
        assert transport.send(request) == []
    transport.end_input()
    return transport


async def all_of(transport: Transport) -> list[m.Response]:
    """Settles as whoever shows them does."""
    responses = []
    async for response in transport.responses():
        responses.append(response)
        if isinstance(response, m.SearchResults | m.Reject):
            transport.settle(response.segment_id)
    return responses


async def test_everything_goes_in_order_and_the_end_is_a_half_close(fake_server: FakeServer) -> None:
    transport = transport_with(TransportConfig(fake_server.address))
    assert [type(response) for response in await all_of(transport)] == [m.Session, m.Result, m.SearchResults]
    assert fake_server.requests == [m.StreamingConfig(catalogue="pies"), *SEGMENT]
    assert (transport.sent_bytes, transport.reconnects) == (4, 0)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (grpc.StatusCode.NOT_FOUND, "does not have what was asked for (NOT_FOUND: because)"),
        (grpc.StatusCode.ABORTED, "ended the session: a newer connection took it over (ABORTED: because)"),
    ],
)
async def test_a_status_that_stops_is_a_sentence_with_the_code_and_the_servers_own_words(
    fake_server: FakeServer, code: grpc.StatusCode, sentence: str
) -> None:
    fake_server.abort_after, fake_server.abort_code, fake_server.abort_details = 0, code, "because"
    transport = transport_with(TransportConfig(fake_server.address))
    with pytest.raises(Unreachable) as raised:
        await all_of(transport)
    assert raised.value.message == f"the server at {fake_server.address} {sentence}"
    assert transport.connected_s is None


async def test_nobody_there_is_said_with_the_address() -> None:
    with pytest.raises(Unreachable, match=r"no server answers at 127\.0\.0\.1:1 within 0\.1 s"):
        await asyncio.wait_for(all_of(transport_with(TransportConfig("127.0.0.1:1", connect_timeout_s=0.1))), 5)


@pytest.mark.parametrize("reason", [m.RejectReason.CHECKSUM, m.RejectReason.STARVED])
async def test_a_segment_the_connection_broke_is_sent_again_with_the_sessions_token(fake_server: FakeServer, reason: m.RejectReason) -> None:
    refusals = iter([m.Reject(1, reason)])
    fake_server.answer = lambda end: [refusal] if (refusal := next(refusals, None)) else found(end)
    transport = transport_with(TransportConfig(fake_server.address))
    assert [type(response) for response in await all_of(transport)] == [m.Session, m.Session, m.Result, m.SearchResults]
    first = [m.StreamingConfig(catalogue="pies"), *SEGMENT]
    assert fake_server.requests == [*first, m.StreamingConfig("token", catalogue="pies"), *SEGMENT]
    assert transport.sent_bytes == 8


async def test_a_segment_refused_again_and_again_is_refused(fake_server: FakeServer) -> None:
    fake_server.answer = lambda end: [m.Reject(end.segment_id, m.RejectReason.CHECKSUM)]
    transport = transport_with(TransportConfig(fake_server.address))
    assert (await all_of(transport))[-1] == m.Reject(1, m.RejectReason.CHECKSUM)
    assert transport.reconnects == MAX_REFUSALS
