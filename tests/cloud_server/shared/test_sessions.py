"""Two servers and one Redis: a token leads to its session wherever it is shown, and the newest connection has it."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.redis_server import RedisServer
from cloud_server.shared.sessions import RENEW_AFTER_S, TTL_S, Sessions
from cloud_server.shared.store import Store
from protos import messages as m
from tests.cloud_server.shared.conftest import PATIENT_S, Clock


class Server:
    """What one server knows of sessions; connections are named by words."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store, self.clock = store, clock
        self.sessions: Sessions[str] = Sessions(store, wall=clock)

    async def open(self, token: str, connection: str, tenant: str = "kitchen") -> m.Session:
        session, _ = await self.sessions.open(token, connection, tenant, self.clock())
        await self.settle()
        return session

    async def check(self) -> list[str]:
        taken = await self.sessions.check(self.store, self.clock())
        await self.settle()
        return taken

    async def settle(self) -> None:
        await asyncio.gather(*self.sessions._claiming)
        await self.store.flush(PATIENT_S)


@pytest.fixture
def here(store: Store, clock: Clock) -> Server:
    return Server(store, clock)


@pytest.fixture
def there(store: Store, clock: Clock) -> Server:
    return Server(store, clock)


async def test_a_session_goes_on_at_another_server_and_the_older_connection_is_told(here: Server, there: Server) -> None:
    session = await here.open("", "first")
    resumed = await there.open(session.resume_token, "second")
    assert resumed == m.Session(session.session_id, session.resume_token, resumed=True)
    assert await there.check() == []
    assert await here.check() == ["first"]
    assert await here.check() == []


async def test_there_and_back_again_the_newest_connection_has_it(here: Server, there: Server) -> None:
    token = (await here.open("", "first")).resume_token
    await there.open(token, "second")
    assert (await here.open(token, "third")).resumed
    assert await here.check() == []
    assert await there.check() == ["second"]
    assert await here.check() == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from([0, 1, 2]), st.sampled_from(["open", "check", "leave"])), max_size=10))
async def test_wherever_connections_come_and_go_the_newest_keeps_the_session_and_every_other_one_loses_it(
    store: Store, clock: Clock, steps: list[tuple[int, str]]
) -> None:
    servers = [Server(store, clock) for _ in range(3)]
    session = await servers[0].open("", "0")
    has: dict[int, str] = {0: "0"}
    """The connection of each server that is open."""
    newest = "0"
    for number, (place, what) in enumerate(steps, 1):
        server = servers[place]
        if what == "open":
            has[place] = newest = str(number)  # one object: a connection is itself, whatever it is called
            assert (await server.open(session.resume_token, newest)).session_id == session.session_id
        elif what == "leave" and place in has:
            server.sessions.leave(session, has.pop(place), clock())
        elif what == "check":
            for taken in await server.check():
                assert taken != newest
                assert taken == has.pop(place)
    lost = [taken for _ in range(2) for server in servers for taken in await server.check()]
    open_ones = set(has.values())
    if newest in open_ones:
        assert set(lost) == open_ones - {newest}
    assert newest not in lost
    assert len(lost) == len(set(lost))


async def test_a_session_that_was_left_goes_on_elsewhere(here: Server, there: Server) -> None:
    session = await here.open("", "first")
    here.sessions.leave(session, "first", here.clock())
    assert (await there.open(session.resume_token, "second")).session_id == session.session_id
    assert await here.check() == []


async def test_a_connection_that_ends_late_takes_nothing_from_the_newer_one(here: Server, there: Server) -> None:
    session = await here.open("", "first")
    await there.open(session.resume_token, "second")
    here.sessions.leave(session, "first", here.clock())
    assert await here.check() == []
    assert await there.check() == []


async def test_a_clock_that_is_behind_does_not_make_the_newest_connection_lose(here: Server, there: Server) -> None:
    there.clock = Clock()
    there.sessions._wall = lambda: 0.0
    token = (await here.open("", "first")).resume_token
    await there.open(token, "second")
    assert await there.check() == []
    assert await here.check() == ["first"]


async def test_another_tenants_token_leads_nowhere(here: Server, there: Server) -> None:
    token = (await here.open("", "first")).resume_token
    stolen = await there.open(token, "thief", tenant="hall")
    assert not stolen.resumed
    assert stolen.resume_token != token
    assert await here.check() == []


async def test_a_token_that_nobody_gave_begins_a_new_session(here: Server) -> None:
    session = await here.open("guess", "first")
    assert not session.resumed
    assert session.resume_token != "guess"


async def test_two_connections_that_come_at_once_are_told_apart(here: Server, there: Server) -> None:
    session = await here.open("", "first")
    opened = await asyncio.gather(*(there.sessions.open(session.resume_token, name, "kitchen", 0.0) for name in ("second", "third")))
    assert [result.session_id for result, _ in opened] == [session.session_id] * 2
    assert [previous for _, previous in opened] == [None, "second"]


async def test_what_redis_forgot_the_open_sessions_put_back(here: Server, there: Server, redis_server: RedisServer) -> None:
    token = (await here.open("", "first")).resume_token
    redis_server.ask("FLUSHALL")
    assert await here.check() == []
    assert (await there.open(token, "second")).resumed


async def test_what_redis_forgot_between_two_servers_is_settled_by_their_clocks(here: Server, there: Server, redis_server: RedisServer) -> None:
    token = (await here.open("", "first")).resume_token
    here.clock.now_s += 3.0
    await there.open(token, "second")
    redis_server.ask("FLUSHALL")
    await here.check()
    assert await there.check() == []
    assert await here.check() == ["first"]
    assert await there.check() == []


async def test_a_token_is_good_for_ten_minutes_after_its_connection_or_its_server_ended(here: Server, redis_server: RedisServer) -> None:
    await here.open("", "first")
    (name,) = redis_server.values()
    for seconds in (0.0, RENEW_AFTER_S - 1, 1.0):
        redis_server.ask("EXPIRE", name, 601)
        here.clock.now_s += seconds
        await here.check()
    assert TTL_S - 5 < redis_server.ask("TTL", name) <= TTL_S


async def test_a_claim_is_not_written_again_before_its_time(here: Server, redis_server: RedisServer) -> None:
    await here.open("", "first")
    written = redis_server.values()
    here.clock.now_s += RENEW_AFTER_S - 1
    await here.check()
    assert redis_server.values() == written


async def test_a_spoilt_claim_begins_a_new_session_and_the_owner_writes_it_again(here: Server, there: Server, redis_server: RedisServer) -> None:
    token = (await here.open("", "first")).resume_token
    redis_server.spoil()
    assert not (await there.open(token, "second")).resumed
    assert await here.check() == []
    assert (await there.open(token, "third")).resumed


async def test_without_redis_each_server_knows_its_own_sessions(here: Server, there: Server, redis_server: RedisServer) -> None:
    token = (await here.open("", "first")).resume_token
    redis_server.kill()
    assert (await here.open(token, "second")).resumed
    assert not (await there.open(token, "third")).resumed
    assert await here.check() == []


async def test_a_session_begun_without_redis_is_shared_when_it_is_back(here: Server, there: Server, redis_server: RedisServer, clock: Clock) -> None:
    redis_server.kill()
    token = (await here.open("", "first")).resume_token
    for _ in range(5):
        await here.check()
    redis_server.start()
    clock.now_s += 5.0
    await here.store.probe()
    await here.check()
    assert (await there.open(token, "second")).resumed
