"""A right that lasts as long as its token, and no longer."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable

import pytest

from cloud_server.security.gate import Gate, OpenGate
from cloud_server.security.principal import LOCAL, Scope
from cloud_server.security.refusal import Refused
from cloud_server.security.session_pass import SessionPass
from protos import messages as m
from protos.errors import PermissionDenied
from tests.cloud_server.security.conftest import Keys

KEEP = m.DataUse(allow_retention=True)


async def passed(session_pass: SessionPass, *requests: m.Request) -> list[m.Request]:
    async def sent() -> AsyncIterator[m.Request]:
        for request in requests:
            yield request

    return [request async for request in session_pass.guarded(sent())]


def pass_of(keys: Keys, *scopes: Scope, clock: Callable[[], float] = time.time) -> SessionPass:
    gate, token = Gate(keys.token_key, keys.api_keys, clock), keys.token(*scopes)
    return SessionPass(gate, gate.verify(token), token, recheck_s=0.001)


async def test_tokens_go_no_further_and_everything_else_does(keys: Keys) -> None:
    update = m.SessionUpdate(access_token=keys.token(), catalogue="films")
    start = m.SegmentStart(1)
    assert await passed(pass_of(keys), update, start) == [m.SessionUpdate(catalogue="films"), start]
    assert update.access_token is not None
    assert update.access_token not in repr(update)


@pytest.mark.parametrize("request_", [m.StreamingConfig(data_use=KEEP), m.SessionUpdate(data_use=KEEP)])
async def test_speech_is_kept_only_with_the_right_to_it(keys: Keys, request_: m.Request) -> None:
    assert await passed(pass_of(keys, Scope.STREAM, Scope.CAPTURE), request_) == [request_]
    assert await passed(SessionPass(OpenGate(), LOCAL, ""), request_) == [request_]
    with pytest.raises(PermissionDenied, match="scope capture"):
        await passed(pass_of(keys, Scope.STREAM), request_)


async def test_a_renewed_token_prolongs_the_session_and_changes_its_rights(keys: Keys) -> None:
    now_s = time.time()
    session_pass = pass_of(keys, Scope.STREAM, clock=lambda: now_s)
    renewed = keys.token(Scope.STREAM, Scope.CAPTURE, age_s=-50.0, lifetime_s=3600)
    await passed(session_pass, m.SessionUpdate(access_token=renewed), m.SessionUpdate(data_use=KEEP))


async def test_another_tenants_token_or_a_bad_one_ends_the_session(keys: Keys) -> None:
    for token, error in ((keys.token(tenant="other"), Refused), ("nonsense", Refused), (keys.token(Scope.SEARCH), PermissionDenied)):
        with pytest.raises(error):
            await passed(pass_of(keys), m.SessionUpdate(access_token=token))


async def test_the_watch_ends_with_the_token(keys: Keys) -> None:
    now_s = time.time()
    session_pass = pass_of(keys, clock=lambda: now_s)
    assert session_pass.over is None
    now_s += 3600
    over = await session_pass.watch()
    assert session_pass.over is over
    assert "connect again with a new one" in over.message
