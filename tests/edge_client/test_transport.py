"""What is sent, when, and how often."""

from __future__ import annotations

import asyncio
from pathlib import Path

import grpc
import pytest

from edge_client.access import Access
from edge_client.config import TransportConfig
from edge_client.transport import MAX_REFUSALS, Transport
from protos import messages as m
from protos.errors import ConfigurationError, PermissionDenied, Unauthenticated, Unreachable
from tests.edge_client.conftest import FakeServer, found, until

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
        async with asyncio.timeout(5):
            await all_of(transport_with(TransportConfig("127.0.0.1:1", connect_timeout_s=0.1)))


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


@pytest.mark.parametrize(
    ("code", "error"), [(grpc.StatusCode.UNAUTHENTICATED, Unauthenticated), (grpc.StatusCode.PERMISSION_DENIED, PermissionDenied)]
)
async def test_being_turned_away_is_no_reason_to_try_again(fake_server: FakeServer, code: grpc.StatusCode, error: type[Exception]) -> None:
    fake_server.abort_after, fake_server.abort_code, fake_server.abort_details = 0, code, "because"
    with pytest.raises(error, match="because"):
        await all_of(transport_with(TransportConfig(fake_server.address)))
    assert len(fake_server.authorizations) == 1


async def test_the_token_goes_along_and_a_renewed_one_follows(fake_server: FakeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge_client.transport.TOKEN_EVERY_S", 0.001)
    path = tmp_path / "token"
    path.write_text("one")
    transport = Transport(TransportConfig(fake_server.address, access=Access(token_file=path)), m.StreamingConfig())
    responses = transport.responses()
    assert isinstance(await anext(responses), m.Session)
    path.unlink()  # while it is being replaced
    path.write_text("two")
    await until(lambda: m.SessionUpdate(access_token="two") in fake_server.requests)
    transport.end_input()
    assert [response async for response in responses] == []
    assert fake_server.authorizations == ["Bearer one"]
    assert sum(isinstance(request, m.SessionUpdate) for request in fake_server.requests) == 1


async def test_a_token_that_must_not_be_sent_is_said_before_anybody_speaks() -> None:
    with pytest.raises(ConfigurationError, match="plain text"):
        Transport(TransportConfig("10.0.0.1:1", access=Access(token="x")), m.StreamingConfig())


async def test_a_token_file_that_is_gone_when_the_connection_breaks_is_waited_for(fake_server: FakeServer, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("one")
    refusals = iter([m.Reject(1, m.RejectReason.CHECKSUM)])

    def answer(end: m.SegmentEnd) -> list[m.Response]:
        if refusal := next(refusals, None):
            path.unlink()
            return [refusal]
        return found(end)

    async def replace_token() -> None:
        await until(lambda: not path.exists())
        path.write_text("two")

    fake_server.answer = answer
    replacing = asyncio.create_task(replace_token())
    transport = transport_with(TransportConfig(fake_server.address, access=Access(token_file=path)))
    assert [type(response) for response in await all_of(transport)][-2:] == [m.Result, m.SearchResults]
    await replacing
    assert fake_server.authorizations == ["Bearer one", "Bearer two"]


async def test_who_has_much_to_say_still_hears_why_it_is_turned_away(fake_server: FakeServer) -> None:
    fake_server.turns_away, fake_server.abort_code = True, grpc.StatusCode.UNAUTHENTICATED
    for _ in range(20):
        transport = Transport(TransportConfig(fake_server.address), m.StreamingConfig())
        for seq in range(100):
            transport.send(m.AudioChunk(1, seq, 0, bytes(6400)))
        with pytest.raises(Unauthenticated):
            await all_of(transport)
